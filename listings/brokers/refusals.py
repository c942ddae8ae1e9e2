"""What is refused about mandates and introductions."""

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import DomainError


class BrokerUnfit(DomainError):
    code = "broker_unfit"
    status = 422
    sentence = _("The organisation chosen is no verified technology broker, or is the client itself.")
    remedy = _("Choose a verified broker from the directory.")


class MandateDates(DomainError):
    code = "mandate_dates"
    status = 422
    sentence = _("The mandate must end after it starts, not lie in the past, and last at most three years.")
    remedy = _("Change the first or the last day.")


class CommissionUnfit(DomainError):
    code = "commission_unfit"
    status = 422
    sentence = _("A commission is more than 0% and at most 50% of the price.")
    remedy = _("Change the percentage.")


class ScopeUnfit(DomainError):
    code = "mandate_scope"
    status = 422
    sentence = _("A selling mandate covers rights the client holds; one of those named is not among them.")
    remedy = _("Name rights of the client, one of its listings, or everything.")


class MandateOverlaps(DomainError):
    """Invariant 17: two brokers cannot hold overlapping exclusive mandates."""

    code = "exclusive_mandate_overlaps"
    sentence = _("The client has given another exclusive mandate for the same rights in the same time.")
    remedy = _("Wait until it ends, end it, or agree on a mandate that is not exclusive.")


class MandateNotInForce(DomainError):
    code = "mandate_not_in_force"
    sentence = _("The mandate is not in force today.")
    remedy = _("An introduction counts while its mandate is in force; agree on a new one first.")


class OutsideMandate(DomainError):
    code = "outside_mandate"
    sentence = _("This matter is not covered by the mandate.")
    remedy = _("Take another mandate, or have this one replaced by a wider one.")


class AlreadyIntroduced(DomainError):
    code = "already_introduced"
    sentence = _("You have introduced this organisation to this matter under this mandate.")
    remedy = _("The earlier introduction stands; see it on the mandate’s page.")


class DualMandateHidden(DomainError):
    """A broker reports truthfully what bears on the contract, or loses its fee (Civil Code 962)."""

    code = "dual_mandate_not_disclosed"
    sentence = _("You hold a mandate of the other side too. Both sides have to be told before you bring them together.")
    remedy = _("Confirm the disclosure; both sides see it beside the introduction.")
