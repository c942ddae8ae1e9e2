"""What the offer's scope, its summary and its wording lack."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.catalogue.lacks import C865, R85, R101, Lack
from listings.catalogue.states import LICENCES, Mode
from listings.catalogue.wording import called_patent, promotional_words
from marketplace.core import clock
from marketplace.core.errors import Sentence
from marketplace.core.workdays import months_after

if TYPE_CHECKING:
    from listings.catalogue.models import Listing

LONGEST_LISTING_MONTHS = 24


def about_offer(listing: Listing, rights: list[Asset]) -> Iterable[Lack]:
    today = clock.today()
    ends = [asset.expires_on for asset in rights if asset.expires_on is not None]
    first_end = min(ends, default=None)
    if listing.mode in LICENCES:
        if not listing.territory:
            yield Lack("no_territory", "offer", "territory_zh", _("Say where the licence applies."))
        if listing.term_months is None:
            yield Lack(
                "no_term",
                "offer",
                "term_months",
                _("Say for how many months the licence runs."),
                rule=open_licence_rule(listing),
                blocks=listing.mode == Mode.OPEN,
            )
        elif first_end is not None and months_after(today, listing.term_months) > first_end:
            yield Lack(
                "term_too_long",
                "offer",
                "term_months",
                _("A licence of %(months)s months would outlast the right, which ends on %(end)s."),
                {"months": listing.term_months, "end": first_end},
                C865,
            )
    if listing.valid_until is None:
        yield Lack("no_validity", "offer", "valid_until", _("Say until when the listing stands."))
    elif listing.valid_until < today:
        yield Lack("validity_past", "offer", "valid_until", _("The listing’s last day has passed."))
    elif listing.valid_until > months_after(today, LONGEST_LISTING_MONTHS):
        yield Lack(
            "validity_long",
            "offer",
            "valid_until",
            _("A listing stands for at most %(months)s months."),
            {"months": LONGEST_LISTING_MONTHS},
        )
    elif first_end is not None and listing.valid_until > first_end:
        yield Lack(
            "validity_outlasts",
            "offer",
            "valid_until",
            _("The listing would outlast the right, which ends on %(end)s."),
            {"end": first_end},
            C865,
        )


def open_licence_rule(listing: Listing) -> Sentence:
    """The rule that makes a point compulsory for an open licence; none for other modes."""
    return R85 if listing.mode == Mode.OPEN else ""


def about_summary(listing: Listing) -> Iterable[Lack]:
    if not listing.title_zh and not listing.title_en:
        yield Lack("no_title", "summary", "title_zh", _("Give the listing a title."))
    for name, sentence in (
        ("problem", _("Say in plain words which problem it solves.")),
        ("benefit", _("Say what the taker gains.")),
        ("applications", _("Say where it is used.")),
    ):
        if not getattr(listing, f"{name}_zh") and not getattr(listing, f"{name}_en"):
            yield Lack(f"no_{name}", "summary", f"{name}_zh", sentence, blocks=not listing.is_taken_over)
    for name in ("title", "problem", "benefit", "applications"):
        zh, en = getattr(listing, f"{name}_zh"), getattr(listing, f"{name}_en")
        if bool(zh) != bool(en):
            yield Lack(
                "one_language",
                "summary",
                f"{name}_en" if zh else f"{name}_zh",
                _("Some texts stand in one language only; readers of the other see them untranslated."),
                blocks=False,
            )
            break
    if listing.readiness is None:
        yield Lack(
            "no_readiness",
            "summary",
            "readiness",
            _("Give the technology readiness, 1 to 9."),
            blocks=not listing.is_taken_over,
        )
    elif listing.readiness >= 4 and not listing.evidence_zh and not listing.evidence_en:
        yield Lack(
            "no_evidence",
            "summary",
            "evidence_zh",
            _("From readiness 4 on, readers ask what it was proved by."),
            blocks=False,
        )


def texts_of(listing: Listing) -> list[str]:
    """Everything the holder wrote that the public reads."""
    names = ("title", "problem", "benefit", "applications", "evidence", "field_of_use", "territory")
    return [getattr(listing, f"{name}_{language}") for name in names for language in ("zh", "en")]


def about_wording(listing: Listing, rights: list[Asset]) -> Iterable[Lack]:
    texts = texts_of(listing)
    if listing.mode == Mode.OPEN:
        words = promotional_words(texts)
        if words:
            yield Lack(
                "promotional",
                "summary",
                "title_zh",
                _("An open-licence declaration carries no promotional wording. Found: %(words)s."),
                {"words": ", ".join(words[:8])},
                R85,
            )
    pending = [asset for asset in rights if not asset.is_granted]
    if pending:
        words = called_patent(texts)
        all_pending = len(pending) == len(rights)
        if words and all_pending:
            yield Lack(
                "application_called_patent",
                "summary",
                "title_zh",
                _("Nothing here is granted yet, so it must be called an application. Found: %(words)s."),
                {"words": ", ".join(words[:8])},
                R101,
            )
        elif words:
            yield Lack(
                "application_among_patents",
                "summary",
                "title_zh",
                _("%(count)s of the rights are applications; make sure none of them is called a patent."),
                {"count": len(pending)},
                R101,
                blocks=False,
            )
