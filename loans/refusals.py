"""Why something about a product, an application, a decision or a pledge cannot be done now."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import DomainError


# ── products ─────────────────────────────────────────────────────────────────────────────────────────────────────────
class NotABank(DomainError):
    code = "not_a_bank"
    status = 403
    sentence = _("Only a verified bank offers loan products.")
    remedy = _("Register the organisation as a bank and have it verified.")


class CodeTaken(DomainError):
    code = "product_code_taken"
    sentence = _("The bank has a product of the code “%(given)s” already.")
    remedy = _("Write a new version of that product, or choose another code.")


class NoVersion(DomainError):
    code = "no_version_published"
    sentence = _("The product has no published version.")
    remedy = _("Write its terms; another person publishes them.")


class VersionWriter(DomainError):
    code = "terms_writer_publishes"
    status = 403
    sentence = _("Whoever wrote the terms does not publish them.")
    remedy = _("Ask a colleague who manages products.")


class VersionFixed(DomainError):
    code = "version_fixed"
    sentence = _("A published version is never changed.")
    remedy = _("Write a new version; applications made before keep their terms.")


# ── applications ─────────────────────────────────────────────────────────────────────────────────────────────────────
class ProductNotOpen(DomainError):
    code = "product_not_open"
    sentence = _("“%(name)s” takes no applications now, or its terms have changed since the application was made.")
    remedy = _("Discard this draft and choose the product anew, on its present terms.")


class NotBorrowable(DomainError):
    code = "organisation_cannot_borrow"
    status = 403
    sentence = _("Only a verified organisation that is no bank can apply for a loan.")
    remedy = _("Have the organisation verified first.")


class NoCollateral(DomainError):
    code = "no_collateral"
    status = 422
    sentence = _("An application names at least one right as security, and at most fifty.")
    remedy = _("Choose rights that the organisation holds.")


class RightNotTaken(DomainError):
    code = "right_kind_not_taken"
    status = 422
    sentence = _("“%(name)s” takes no right of the kind of %(number)s as security.")
    remedy = _("Leave the right out for this product, or choose another product.")


class NotEligible(DomainError):
    """The eligibility report names something that blocks."""

    code = "not_eligible"
    sentence = _("The pre-check found what stands in the way: %(found)s")
    remedy = _("The eligibility report says of each point what would cure it.")


class ConsentsNotGiven(DomainError):
    """PIPL 23 and 29, credit-reporting regulation 18: each consent by itself, before anything is passed on."""

    code = "loan_consents_missing"
    status = 422
    sentence = _("These consents are needed before the file may go to the bank: %(names)s.")
    remedy = _("Read each text and agree to it by itself, or leave the application undone.")


class ConsentTextChanged(DomainError):
    code = "consent_text_changed"
    sentence = _("The text agreed to is not the present one.")
    remedy = _("Reload the page, read the text and agree again.")


class AnotherAccepted(DomainError):
    code = "another_offer_accepted"
    sentence = _("Another bank’s offer for this request was accepted already.")
    remedy = _("One request becomes one loan. Make a new request with other rights.")


class OfferOver(DomainError):
    code = "loan_offer_over"
    sentence = _("The last day of this offer has passed.")
    remedy = _("Ask the bank for a new offer.")


class FileFixed(DomainError):
    code = "file_fixed"
    sentence = _("The facts of an application are changed before it is submitted or after it was returned, not now.")
    remedy = _("Ask the bank to return it for correction.")


# ── credit work ──────────────────────────────────────────────────────────────────────────────────────────────────────
class NotDeclared(DomainError):
    code = "interest_not_declared"
    status = 403
    sentence = _("Before working on an application, declare whether you have an interest in it.")
    remedy = _("Declare it on the application’s page.")


class HasInterest(DomainError):
    code = "officer_has_interest"
    status = 403
    sentence = _("You have an interest in this application, or are a member of the borrower: a colleague works on it.")
    remedy = _("Hand it to a colleague without an interest.")


class DiligenceOpen(DomainError):
    code = "diligence_incomplete"
    sentence = _("Due diligence still lacks: %(missing)s.")
    remedy = _("Tick off the checklist, score the application and write the report.")


class UnknownCheck(DomainError):
    code = "unknown_check"
    status = 422
    sentence = _("The checklist has no such line.")
    remedy = _("Choose one of those shown.")


class AnswersIncomplete(DomainError):
    code = "score_answers_incomplete"
    status = 422
    sentence = _("The scorecard asks also: %(missing)s.")
    remedy = _("Answer every factor; the points follow.")


class ProposalOpen(DomainError):
    code = "proposal_open"
    sentence = _("A proposal on this application is open already.")
    remedy = _("Another person passes or refuses it first.")


class ProposalVoid(DomainError):
    code = "proposal_void"
    sentence = _("The facts of the application changed after the proposal was made.")
    remedy = _("Make a new proposal on the present facts.")


class NoProposal(DomainError):
    code = "no_decision_passed"
    sentence = _("No proposal to this effect has been passed on the present facts.")
    remedy = _("A reviewer proposes, another person passes it.")


class MakerChecks(DomainError):
    """Commercial Bank Law, article 35: separate review and approval."""

    code = "maker_checks"
    status = 403
    sentence = _("Whoever made the proposal does not decide on it, under this account or another of the same person.")
    remedy = _("Another person with the power to approve decides.")


class AboveLimit(DomainError):
    code = "above_approval_limit"
    status = 403
    sentence = _("%(amount)s %(currency)s lies above what your role may approve.")
    remedy = _("The head of credit decides on it.")


class VotesMissing(DomainError):
    code = "votes_missing"
    sentence = _("The committee must carry it first: %(have)s of %(need)s votes for it.")
    remedy = _("Ask the other members to vote.")


class VotedAlready(DomainError):
    code = "voted_already"
    sentence = _("You have voted on this proposal.")
    remedy = _("A vote is given once; argue it out before the proposal is passed.")


class OutsideTerms(DomainError):
    code = "outside_terms"
    status = 422
    sentence = _("%(problem)s")


# ── contracts and pledge ─────────────────────────────────────────────────────────────────────────────────────────────
class ContractLacks(DomainError):
    """Civil Code 427 and 668, Announcement 461 article 8."""

    code = "loan_contract_incomplete"
    status = 422
    sentence = _("The contracts would lack what the law asks for: %(missing)s.")
    remedy = _("Complete the facts, then draw them up.")


class ContractsUnsigned(DomainError):
    code = "loan_contracts_unsigned"
    sentence = _("Loan contract and pledge contract are not both signed by all and sealed.")
    remedy = _("The borrower signs first, then the bank.")


class NotPledged(DomainError):
    """Civil Code 444: the pledge exists from its registration."""

    code = "pledge_not_in_effect"
    sentence = _("The pledge is not registered for every right, so nothing can be paid out.")
    remedy = _("Wait for the certificate and have it confirmed.")


class StillPledged(DomainError):
    code = "still_pledged"
    sentence = _("A right is pledged still for this loan.")
    remedy = _("Cancel the registration first.")


class SameConfirmer(DomainError):
    code = "certificate_same_person"
    status = 403
    sentence = _("Whoever handed in the certificate does not confirm it, under this account or another of theirs.")
    remedy = _("Ask a colleague at the bank.")


class FilingOpen(DomainError):
    code = "filing_open"
    sentence = _("A filing of this kind is open already.")
    remedy = _("Bring that one to its end first.")


class DebtNotPaid(DomainError):
    code = "debt_not_paid"
    sentence = _("The debt is not paid, so the pledge is not cancelled.")
    remedy = _("Cancel it when nothing is owed, or when the loan was never paid out.")
