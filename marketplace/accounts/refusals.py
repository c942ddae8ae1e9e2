"""What accounts refuse, each with its sentence and its cure."""

from collections.abc import Iterable

from django.db import IntegrityError
from django.utils.functional import lazystr
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import DomainError, Sentence


class _Listed:
    """Several sentences as one enumeration, put together in whatever language is active when it is read."""

    def __init__(self, items: Iterable[Sentence]) -> None:
        self.items = list(items)

    def __str__(self) -> str:
        comma = "、" if (get_language() or "zh-hans").startswith("zh") else ", "
        return comma.join(str(item) for item in self.items)


def listed(items: Iterable[Sentence]) -> Sentence:
    """An enumeration that is translated late, for the params of a refusal."""
    return lazystr(_Listed(items))


def violated(error: IntegrityError) -> str:
    """The name of the constraint that the database held against us; empty when it named none."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnosis, "constraint_name", "") or "")


class OrganisationIncomplete(DomainError):
    code = "organisation_incomplete"
    status = 422
    sentence = _("Not ready for review; still missing: %(missing)s.")
    remedy = _("Add what is missing, then submit again.")


class CreditCodeMalformed(DomainError):
    code = "credit_code_malformed"
    status = 422
    sentence = _("A unified social credit code has 18 digits and capital letters, without I, O, S, V and Z.")
    remedy = _("Copy the code from the business licence.")


class CreditCodeTaken(DomainError):
    code = "credit_code_taken"
    sentence = _("Another organisation with the credit code %(uscc)s is already in the market or under review.")
    remedy = _("Ask its owner for an invitation, or write to the operator if somebody uses your code.")


class VerifiedFactsFixed(DomainError):
    code = "verified_facts_fixed"
    sentence = _("These facts were checked and cannot be changed now: %(facts)s.")
    remedy = _("Ask the operator to return your organisation for correction.")


class KindClosed(DomainError):
    code = "kind_closed"
    status = 403
    sentence = _("An organisation of the kind “%(kind)s” is entered by the operator only.")
    remedy = _("Write to the operator.")


class OwnReview(DomainError):
    code = "own_review"
    status = 403
    sentence = _("Nobody decides on an organisation they belong to.")
    remedy = _("Leave the decision to another reviewer.")


class RolesUnknown(DomainError):
    code = "roles_unknown"
    status = 422
    sentence = _("Choose at least one role that this kind of organisation has.")


class AlreadyMember(DomainError):
    code = "already_member"
    sentence = _("%(email)s already belongs to this organisation.")
    remedy = _("Change the roles in the list of members.")


class AlreadyInvited(DomainError):
    code = "already_invited"
    sentence = _("%(email)s has an open invitation.")
    remedy = _("Withdraw the open invitation first if the roles should differ.")


class LastOwner(DomainError):
    code = "last_owner"
    sentence = _("An organisation keeps at least one owner.")
    remedy = _("Make another member owner first.")


class InvitationClosed(DomainError):
    code = "invitation_closed"
    status = 410
    sentence = _("This invitation has been used, withdrawn or has expired.")
    remedy = _("Ask the organisation for a new one.")


class InvitationForAnother(DomainError):
    code = "invitation_for_another"
    status = 403
    sentence = _("This invitation was made out to another e-mail address.")
    remedy = _("Sign in with the address the invitation was sent to.")


class AgentUnfit(DomainError):
    code = "agent_unfit"
    status = 422
    sentence = _("Only a verified technology broker or custodian can act for you.")
    remedy = _("Choose one from the directory.")


class ClientUnverified(DomainError):
    code = "client_unverified"
    sentence = _("Your organisation must be verified before anybody can act for it.")
    remedy = _("Submit it for review first.")


class DelegationDates(DomainError):
    code = "delegation_dates"
    status = 422
    sentence = _("A delegation runs from its first day to a last day that is neither before it nor past.")


class DelegationOverlaps(DomainError):
    code = "delegation_overlaps"
    sentence = _("%(agent)s already acts for you on some of these days.")
    remedy = _("End the delegation that stands, or choose other days.")


class PowersUnknown(DomainError):
    code = "powers_unknown"
    status = 422
    sentence = _("Choose at least one power.")


class ActsForClient(DomainError):
    code = "acts_for_client"
    status = 403
    sentence = _("While you act for a client, its members, papers and keys are not open to you.")
    remedy = _("Switch back to your own organisation.")


class NoOrganisation(DomainError):
    code = "no_organisation"
    status = 403
    sentence = _("You do not belong to an organisation yet.")
    remedy = _("Enter yours, or ask a member to invite you.")


class SecondFactorMissing(DomainError):
    code = "second_factor_missing"
    status = 403
    sentence = _("Members of banks, agencies and offices sign in with a second factor.")
    remedy = _("Add an authenticator app or a passkey on the page “Second factor”.")


class TokenLife(DomainError):
    code = "token_life"
    status = 422
    sentence = _("A key is valid for 1 to %(most)s days.")


class OwnSuspension(DomainError):
    code = "own_suspension"
    status = 403
    sentence = _("Nobody suspends or reinstates themselves.")
    remedy = _("Ask a colleague.")
