"""States of documents and consents."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DocumentState(TextChoices):
    DRAFTED = "drafted", _("Waiting for signatures")
    SIGNING = "signing", _("Being signed")
    COMPLETE = "complete", _("Signed by all and sealed")
    DECLINED = "declined", _("Signature declined")
    EXPIRED = "expired", _("Signing period ended")
    VOID = "void", _("Replaced or void")


class ConsentState(TextChoices):
    ASKED = "asked", _("Asked for")
    HANDED_IN = "handed_in", _("Paper handed in, being checked")
    GIVEN = "given", pgettext_lazy("consent", "Given")
    REFUSED = "refused", pgettext_lazy("consent", "Refused")
    LAPSED = "lapsed", _("Not answered in time")
    VOID = "void", _("Void: the document changed")


class FactorKind(TextChoices):
    TOTP = "totp", _("code from an authenticator app")
    PASSKEY = "webauthn", _("passkey or security key")


UNSIGNED = frozenset({DocumentState.DRAFTED, DocumentState.SIGNING})
"""Signatures are still wanted."""
LIVE = UNSIGNED | {DocumentState.COMPLETE}
"""The current version of its matter: at most one of a subject and template."""
ANSWERED = frozenset({ConsentState.GIVEN, ConsentState.REFUSED})
OPEN = frozenset({ConsentState.ASKED, ConsentState.HANDED_IN})
"""Still wanted: nobody has said yes or no."""
STANDING = OPEN | {ConsentState.GIVEN}
