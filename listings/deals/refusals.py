"""Why something about a deal cannot be done now."""

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import DomainError


class ProceedsTooSmall(DomainError):
    """Civil Code, article 444(2): the pledgee's debt comes first, and fee and commission must be covered too."""

    code = "proceeds_too_small"
    sentence = _(
        "The price of %(price)s does not cover what the pledgee is owed (%(payoff)s) together with fee and commission"
        " (%(costs)s)."
    )
    remedy = _("Agree a higher price, or a lower payoff with the pledgee in writing.")


class ContractNotSigned(DomainError):
    code = "contract_not_signed"
    sentence = _("The contract is not signed by all sides yet.")
    remedy = _("The signatories sign the current version in their order.")


class ConsentsMissing(DomainError):
    """Patent Law, article 14; Civil Code, articles 444 and 847: consents to the current version of the contract."""

    code = "consents_missing"
    sentence = _("Consent to the current version of the contract is still missing from: %(names)s.")
    remedy = _("Remind them; a consent given to an earlier version does not count.")


class PayoffMissing(DomainError):
    code = "payoff_missing"
    sentence = _("The pledgee has not stated yet what it is owed.")
    remedy = _("The pledgee states the payoff; it is paid first out of the price (Civil Code, article 444).")


class PriceNotHeld(DomainError):
    code = "price_not_held"
    sentence = _("%(amount)s %(currency)s of what the buyer owes is not with the platform yet.")
    remedy = _("The deal goes on by itself when the money is there.")


class NotRecorded(DomainError):
    """Patent Law, article 10(3): an assignment takes effect on registration."""

    code = "not_recorded"
    sentence = _("The register has not recorded the change, or its notice was not checked by a second person.")
    remedy = _("Hand in the office's notice; a second person of the operator confirms it.")


class Unsettled(DomainError):
    code = "dispute_open"
    sentence = _("A dispute about this deal is open; no money leaves until it is settled.")
    remedy = _("The dispute is withdrawn by who raised it, or decided by the operator.")


class NotDecided(DomainError):
    code = "not_decided"
    sentence = _("Neither a decided dispute nor an agreement of both sides says where the money goes.")
    remedy = _("Both sides agree to the refund, or the operator decides the dispute.")


class PayoutsOpen(DomainError):
    code = "payouts_open"
    sentence = _("Not every payout has arrived.")
    remedy = _("A failed payout is tried again once the payee has mended its account.")


class MoneyStillHeld(DomainError):
    code = "money_still_held"
    sentence = _("%(amount)s %(currency)s is still held for this deal.")
    remedy = _("It is paid out or given back first.")


class MoneyMoved(DomainError):
    code = "money_moved"
    sentence = _("%(amount)s %(currency)s has been paid in already.")
    remedy = _("Cancel the deal, and the money goes back; or finish it as it was signed.")


class NoticeMissing(DomainError):
    code = "notice_missing"
    status = 422
    sentence = _("The office's notice and the day of recordal are both needed.")
    remedy = _("Upload the notice and enter the day it names.")


class SamePerson(DomainError):
    code = "second_person_needed"
    status = 403
    sentence = _("Somebody else must do this: the person who handed it in does not check it.")
    remedy = _("Ask a colleague to confirm.")


class DisputeOpen(DomainError):
    code = "dispute_exists"
    sentence = _("A dispute about this deal is open already.")
    remedy = _("Add what you have to say to it.")


class NothingToDispute(DomainError):
    code = "nothing_to_dispute"
    sentence = _("Nothing of this deal is held, so there is nothing a dispute could stop.")
    remedy = _("Write to the other side, or cancel the deal.")


class TooEarlyToReview(DomainError):
    code = "not_completed"
    sentence = _("A review is written when the deal is completed.")
    remedy = _("Come back when everybody is paid.")


class AlreadyReviewed(DomainError):
    code = "already_reviewed"
    sentence = _("Your organisation has reviewed this deal.")
    remedy = _("A review stays as it was written.")


class PledgeeAbroad(DomainError):
    """A pledge in the register whose holder is not on this market cannot be paid out inside the deal."""

    code = "pledgee_not_here"
    sentence = _("The pledgee %(name)s is not on this market, so it can neither consent nor be paid here.")
    remedy = _("Have the pledge released first, or ask the pledgee to join.")
