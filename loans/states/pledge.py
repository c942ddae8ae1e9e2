"""Where a filing at the register of pledges stands."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class FilingKind(TextChoices):
    REGISTRATION = "registration", _("Registration of the pledge")
    CHANGE = "change", _("Change of the registration")
    CANCELLATION = "cancellation", _("Cancellation of the registration")


class FilingState(TextChoices):
    PREPARING = "preparing", _("To be filed")
    FILED = "filed", _("Filed, at the office")
    CORRECTING = "correcting", _("To be corrected")
    REFUSED = "refused", _("Refused by the office")
    CERTIFIED = "certified", _("Certificate handed in, to be checked")
    EFFECTIVE = "effective", _("In effect")
    DROPPED = "dropped", _("No longer needed")


class Ground(TextChoices):
    """Announcement 461, article 11(2): why the office does not register a pledge; the value is the rule's number."""

    NOT_OWNER = "01", _("The pledgor is not the registered owner")
    ENDED = "02", _("The right has ended or was declared invalid")
    NOT_GRANTED = "03", _("The right is not granted yet")
    ANNUITY = "04", _("An annuity is unpaid")
    FROZEN = "05", _("Formalities are suspended, or a court preserves the right")
    TERM = "06", _("The debt runs beyond the term of the right")
    CONTRACT = "07", _("The contract lacks what article 8 asks for")
    CO_OWNERS = "08", _("A co-owner has not agreed")
    PLEDGED = "09", _("The right is pledged already")
    SAME_DAY = "10", _("A same-day application for the invention, not accepted by the parties")
    INVALIDATION = "11", _("Invalidation is pending, not accepted by the parties")
    OTHER = "12", _("Another case in which no pledge may be registered")

    @property
    def rule(self) -> str:
        return f"PLG-REFUSE-{self.value}"
