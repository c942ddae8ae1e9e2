"""What a right is and where it stands in law."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class AssetKind(TextChoices):
    PATENT = "patent", _("Patent")


class LegalStatus(TextChoices):
    """Derived from dates, events and payments (listings.patents.status); never typed in."""

    PENDING = "pending", _("Application pending")
    IN_FORCE = "in_force", _("In force")
    IN_GRACE = "in_grace", _("In grace period")
    LAPSED = "lapsed", _("Lapsed")
    EXPIRED = "expired", _("Expired")
    INVALIDATED = "invalidated", _("Invalidated")
    WITHDRAWN = "withdrawn", _("Withdrawn or refused")
    UNKNOWN = "unknown", _("Status unknown")


TRADABLE = frozenset({LegalStatus.PENDING, LegalStatus.IN_FORCE, LegalStatus.IN_GRACE})
#: States that only a granted right can be in; sources that give no grant date still say this.
ONLY_GRANTED = frozenset({LegalStatus.IN_FORCE, LegalStatus.IN_GRACE, LegalStatus.INVALIDATED})
ENDED = frozenset({LegalStatus.LAPSED, LegalStatus.EXPIRED, LegalStatus.INVALIDATED, LegalStatus.WITHDRAWN})


class PartyRole(TextChoices):
    APPLICANT = "applicant", _("Applicant")
    OWNER = "owner", _("Owner")
    INVENTOR = "inventor", _("Inventor")
    AGENT = "agent", _("Agent")
    ASSIGNEE = "assignee", _("Assignee at grant")
    EXAMINER = "examiner", _("Examiner")
