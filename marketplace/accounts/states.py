"""Where an organisation stands on its way to being trusted."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class OrganisationState(TextChoices):
    DRAFT = "draft", _("Not yet submitted")
    SUBMITTED = "submitted", _("Under review")
    VERIFIED = "verified", _("Verified")
    RETURNED = "returned", _("Returned for correction")
    SUSPENDED = "suspended", _("Suspended")


LIVE_STATES = (OrganisationState.SUBMITTED, OrganisationState.VERIFIED, OrganisationState.SUSPENDED)
"""States in which a credit code belongs to one organisation alone."""
AMENDABLE = (OrganisationState.DRAFT, OrganisationState.RETURNED)
"""States in which every fact may still be changed."""
