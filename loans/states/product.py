"""Where a bank's product stands."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ProductState(TextChoices):
    DRAFT = "draft", _("Not published yet")
    OPEN = "open", _("Open for applications")
    CLOSED = "closed", _("Closed for new applications")
