"""What the rights register says of a listing's rights, as points of the listing.

The register answers with findings; here each becomes a point in the step that mends it. A co-owner's missing consent
stops a listing; a pledgee's, an inventor's or an export office's is still to be had before a deal closes, so it is
advice here. A licence that is limited to a place or field leaves the rest of the right to be offered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import translation

from listings.assets.models import Asset
from listings.catalogue.lacks import Lack
from listings.catalogue.models import Listing
from listings.catalogue.rights_lacks import rights_check
from listings.catalogue.states import Mode
from listings.rights.checking import Finding, check
from listings.rights.models import Entry
from listings.rights.ruling import enforces
from listings.rights.states import Act, ConsentKind
from marketplace.core.errors import Sentence

ACT_OF = {
    Mode.TRANSFER: Act.ASSIGN,
    Mode.EXCLUSIVE: Act.EXCLUSIVE,
    Mode.SOLE: Act.SOLE,
    Mode.ORDINARY: Act.ORDINARY,
    Mode.OPEN: Act.DECLARE_OPEN,
    Mode.INVEST: Act.LIST,
    Mode.DISPOSAL: Act.LIST,
}
#: Said by the listing itself (who keeps the right), or a matter between deals and not of what is offered.
PASSED_OVER = frozenset({"not_owner", "licensor_not_owner", "promised_elsewhere", "is_application"})
#: A declared open licence is what an open listing shows.
OWN_DECLARATION = frozenset({"open_licence_declared_already"})
CLASHES = frozenset({"exclusive_licence_in_force", "sole_licence_in_force"})
#: Where the wizard mends it, where that is not the choice of rights.
MENDED_BY_MODE = frozenset({"open_licence_before_grant", "open_licence_annuity_unpaid", "open_licence_in_force"})


@dataclass(frozen=True, slots=True)
class Cited:
    """The article of a finding, read in whichever language is active then."""

    finding: Finding

    def __str__(self) -> str:
        return self.finding.article


@dataclass(frozen=True, slots=True)
class Cured:
    """What would lift a finding, read in whichever language is active then."""

    finding: Finding

    def __str__(self) -> str:
        return self.finding.cure


def subject_of(listing: Listing) -> tuple[str, int]:
    """How the rights register knows a listing: consents can be given to it."""
    return "catalogue.listing", listing.pk


@rights_check
def about_encumbrances(listing: Listing, rights: list[Asset]) -> Iterable[Lack]:
    """The register's findings on the act a listing offers, as points. Two statements, a third for limited licences."""
    return list(_points(listing, rights))


@enforces("PAT-COOWN-ALL", "PAT-FREEZE-COURT", "OL-BAR-EXCL", "LIC-COMPAT", "PAT-GRANT-START")
def _points(listing: Listing, rights: Sequence[Asset]) -> Iterable[Lack]:
    if not rights:
        return
    is_disposal = listing.mode == Mode.DISPOSAL
    verdict = check(
        [asset.pk for asset in rights],
        ACT_OF[Mode(listing.mode)],
        holder_id=None if is_disposal else listing.organisation_id,
        subject=subject_of(listing),
    )
    found = [one for one in verdict.findings if one.code not in PASSED_OVER]
    if listing.mode == Mode.OPEN:
        found = [one for one in found if one.code not in OWN_DECLARATION]
    if is_disposal:
        # the owners agreed when they pledged it; the bank realises its security
        found = [one for one in found if one.consent != ConsentKind.CO_OWNER and one.code != "offered_while_pledged"]
    limited = _limited([one.entry_id for one in found if one.code in CLASHES and one.entry_id is not None])
    for one in found:
        yield Lack(
            one.code,
            "rights",
            "mode" if one.code in MENDED_BY_MODE else "assets",
            one.sentence,
            dict(one.params),
            _rule(one),
            _blocks(listing, one) and one.entry_id not in limited,
            _cure(one),
            one.asset_id if one.consent is not None else None,
        )


def _rule(found: Finding) -> Sentence:
    cited: Sentence = Cited(found)  # type: ignore[assignment]
    return cited


def _cure(found: Finding) -> Sentence:
    cured: Sentence = Cured(found)  # type: ignore[assignment]
    return cured


def _blocks(listing: Listing, found: Finding) -> bool:
    if not found.is_block or found.consent in (ConsentKind.PLEDGEE, ConsentKind.INVENTOR, ConsentKind.EXPORT):
        return False
    return not (listing.is_taken_over and found.consent == ConsentKind.CO_OWNER)


def _limited(entry_ids: list[int]) -> set[int]:
    """Those licences that leave part of the territory or of the fields free."""
    if not entry_ids:
        return set()
    whole = Entry.objects.filter(pk__in=entry_ids, territories=[], fields=[]).values_list("pk", flat=True)
    return set(entry_ids) - set(whole)


def refused_now(listing: Listing) -> Lack | None:
    """The first point of the register that no longer lets the listing stand, or None."""
    return next((one for one in about_encumbrances(listing, listing.rights) if one.blocks), None)


def in_both(lack: Lack) -> dict[str, str]:
    """The point in both languages, with its rule: what a suspension tells as its reason."""
    told = {}
    for language, key in (("zh-hans", "zh"), ("en", "en")):
        with translation.override(language):
            told[key] = f"{lack.text} ({lack.rule})" if lack.rule else lack.text
    return told
