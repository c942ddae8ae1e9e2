"""Kinds of organisation, the roles held in each, the powers a client may delegate, and who needs a second factor."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Kind(TextChoices):
    ENTERPRISE = "enterprise", _("Enterprise")
    UNIVERSITY = "university", _("University or institute")
    INDIVIDUAL = "individual", _("Individual")
    BROKER = "broker", _("Technology broker")
    AGENCY = "agency", _("Valuation agency")
    BANK = "bank", _("Bank")
    CUSTODIAN = "custodian", _("Custodian")
    GUARANTOR = "guarantor", _("Guarantor")
    IP_OFFICE = "ip_office", _("IP office")
    OPERATOR = "operator", _("Market operator")


class Role(TextChoices):
    OWNER = "owner", pgettext_lazy("role", "Owner")
    STAFF = "staff", _("IP staff")
    FINANCE = "finance", _("Finance")
    SIGNATORY = "signatory", _("Signatory")
    APPRAISER = "appraiser", _("Appraiser")
    REVIEWER = "reviewer", _("Reviewer")
    APPROVER = "approver", _("Approver")
    POST_LOAN = "post_loan_officer", _("Post-loan officer")
    HEAD_OF_CREDIT = "head_of_credit", _("Head of credit")
    READ_ONLY = "read_only", _("Read only")


class Power(TextChoices):
    """What a client may let a custodian or broker do in its name."""

    REGISTER = "register", _("Keep the patent register")
    LIST = "list", _("Prepare and manage listings")
    NEED = "need", _("Post needs")
    ENQUIRE = "enquire", _("Ask and answer enquiries")
    APPRAISE = "appraise", _("Order appraisals")
    BORROW = "borrow", _("Prepare loan applications")


COMMON = (Role.OWNER, Role.STAFF, Role.FINANCE, Role.SIGNATORY, Role.READ_ONLY)
ROLES_OF: dict[str, tuple[Role, ...]] = {
    Kind.AGENCY: (*COMMON, Role.APPRAISER, Role.REVIEWER),
    Kind.BANK: (*COMMON, Role.REVIEWER, Role.APPROVER, Role.POST_LOAN, Role.HEAD_OF_CREDIT),
    Kind.OPERATOR: (*COMMON, Role.REVIEWER, Role.APPROVER),
    Kind.IP_OFFICE: (*COMMON, Role.REVIEWER, Role.APPROVER),
}
SECOND_FACTOR_KINDS = frozenset({Kind.BANK, Kind.AGENCY, Kind.OPERATOR, Kind.IP_OFFICE})
DELEGATE_KINDS = frozenset({Kind.BROKER, Kind.CUSTODIAN})
CLOSED_KINDS = frozenset({Kind.OPERATOR, Kind.IP_OFFICE})
"""Kinds nobody can sign up as: the operator enters them."""
DESK_KINDS = frozenset({Kind.OPERATOR})
"""Kinds whose reviewers decide on organisations, listings and people."""
DESK_ROLES = frozenset({Role.OWNER, Role.REVIEWER, Role.APPROVER})
DELEGATE_ROLES = frozenset({Role.OWNER, Role.STAFF})
"""Who in a broker or custodian may step into a client's place."""


def roles_of(kind: str) -> tuple[Role, ...]:
    """The roles that members of an organisation of `kind` can hold."""
    return ROLES_OF.get(kind, COMMON)
