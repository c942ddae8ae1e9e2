"""What the page of a listing or a need shows; the public page and the holder's preview are the same thing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from listings.assets.models import Asset, Party
from listings.assets.states import PartyRole
from listings.catalogue.acts import STATE_SHAPES
from listings.catalogue.models import Listing, ListingDocument, Need
from listings.catalogue.naming import kind_key, kind_word, patent_of, readiness_word, shown_number, status_badge
from listings.catalogue.pricing import budget_of, price_of
from listings.catalogue.rows import seeker_name
from listings.catalogue.slots import filled
from listings.catalogue.states import LICENCES, DocumentAccess, ListingState, Mode, NeedState, PriceMode
from listings.catalogue.timelines import public_timeline
from listings.patents.reasons import source_name
from marketplace.accounts.models import in_language
from marketplace.accounts.states import OrganisationState

FIGURES_SHOWN = 12


def listing_page(listing: Listing, *, is_preview: bool = False) -> dict[str, Any]:
    """Context of catalogue/listing_detail.html. Three queries after the listing itself: parties, papers, events."""
    rights = listing.rights
    parties = _parties(rights)
    price = price_of(listing)
    return {
        "listing": listing,
        "is_preview": is_preview,
        "state_shape": STATE_SHAPES[listing.state],
        "state_label": ListingState(listing.state).label,
        "is_reserved": listing.state == ListingState.RESERVED,
        "is_verified": listing.organisation.state == OrganisationState.VERIFIED,
        "mode": Mode(listing.mode).label,
        "is_licence": listing.mode in LICENCES,
        "is_open": listing.mode == Mode.OPEN,
        "is_sealed": listing.price_mode == PriceMode.SEALED,
        "price": price,
        "rights": [right_facts(asset, parties.get(asset.pk, {})) for asset in rights],
        "readiness": readiness_word(listing.readiness),
        "acts": _public_acts(listing),
        "files": _files(listing),
        "events": [] if is_preview else public_timeline(listing),
        "structured": {} if is_preview else structured_data(listing),
        "slots": filled(listing.pk),
    }


def _parties(rights: list[Asset]) -> dict[int, dict[str, list[Party]]]:
    found: dict[int, dict[str, list[Party]]] = {}
    wanted = (PartyRole.OWNER, PartyRole.APPLICANT, PartyRole.ASSIGNEE, PartyRole.INVENTOR)
    for party in Party.objects.filter(asset__in=rights, role__in=wanted):
        found.setdefault(party.asset_id, {}).setdefault(party.role, []).append(party)
    return found


def right_facts(asset: Asset, parties: dict[str, list[Party]]) -> dict[str, Any]:
    """One right with its facts, each carrying its source and date where known."""
    patent = patent_of(asset)
    facts = patent.facts if patent else {}
    owners = parties.get(PartyRole.OWNER) or parties.get(PartyRole.ASSIGNEE) or parties.get(PartyRole.APPLICANT) or []
    lines = [
        _fact(_("Number"), shown_number(asset), facts, "application_number"),
        _fact(_("Kind"), kind_word(kind_key(asset)), facts, "kind"),
        _fact(_("Filing date"), asset.filed_on, facts, "filed_on"),
        _fact(
            _("Grant date"),
            asset.granted_on or (_("not granted") if not asset.is_granted else None),
            facts,
            "granted_on",
        ),
        _fact(
            _("Expiry date"), asset.expires_on, facts, "expires_on", reckoned=_("reckoned from the dates (article 42)")
        ),
        _fact(
            _("Legal status"),
            status_badge(asset)[1],
            facts,
            "legal_status",
            on=asset.status_on,
            reckoned=_("derived from dates and events"),
        ),
        _fact("IPC", _listed(patent.ipc) if patent and patent.ipc else None, facts, "ipc"),
        _fact(
            _("Patent owner") if asset.is_granted else _("Applicant"),
            _people(owners),
            facts,
            "parties.owner" if "parties.owner" in facts else "parties.applicant",
        ),
        _fact(_("Inventors"), _people(parties.get(PartyRole.INVENTOR, [])), facts, "parties.inventor"),
        _fact(_("Family"), _listed(patent.family) if patent and patent.family else None, facts, "family"),
    ]
    return {
        "asset": asset,
        "number": shown_number(asset),
        "kind": kind_word(kind_key(asset)),
        "badge": status_badge(asset),
        "abstract": patent.abstract if patent else "",
        "url": reverse("patent_detail", args=[asset.pk]) if patent else "",
        "facts": [line for line in lines if line["value"]],
    }


def _fact(
    term: str, value: Any, facts: dict[str, Any], column: str, on: Any = None, reckoned: str = ""
) -> dict[str, Any]:
    """`reckoned` says how we came to a value that no source states."""
    source, as_of = (facts.get(column) or ["", ""])[:2]
    return {
        "term": term,
        "value": value,
        "is_date": hasattr(value, "isoformat"),
        "source": source_name(source) if source else reckoned,
        "on": on or (date.fromisoformat(as_of) if as_of else None),
    }


def _listed(words: Sequence[str]) -> str:
    """The first of them, joined as the language joins a list."""
    return str(_(", ")).join(words[:FIGURES_SHOWN])


def _people(parties: list[Party]) -> str:
    """Names in the reader's language where the register has them, with shares."""
    ordered = sorted(parties, key=lambda one: one.sequence)
    return _listed([f"{in_language(one.name, one.name_en)}{_share(one)}" for one in ordered])


def _share(party: Party) -> str:
    """“ 70%”, or the fraction where a percentage would round; nothing for an only owner."""
    part, whole = party.share_numerator, party.share_denominator
    if not part or not whole or part == whole:
        return ""
    return f" {100 * part // whole}%" if 100 * part % whole == 0 else f" {part}/{whole}"


def _public_acts(listing: Listing) -> list[dict[str, Any]]:
    """What a reader can do with this listing today; the same for everybody, so the page can be kept."""
    reserved = listing.state == ListingState.RESERVED
    asking = {
        "state": "allowed",
        "label": _("Ask the holder"),
        "why": _("Contact details stay hidden until both agree."),
        "url": reverse("listing_ask", args=[listing.number]),
        "button": _("Ask"),
    }
    offered = Mode(listing.mode)
    if reserved:
        dealing = {
            "state": "blocked",
            "label": str(offered.label),
            "why": _("Reserved for another party; it opens again if that falls through."),
        }
    else:
        dealing = {"state": "conditional", "label": str(offered.label), "why": _terms_of(offered)}
    others = []
    if offered == Mode.OPEN:
        others = [
            {
                "state": "blocked",
                "label": _("Exclusive or sole licence"),
                "why": _("Beside an open licence only ordinary licences may be agreed (Patent Law, article 51(3))."),
            }
        ]
    return [asking, dealing, *others]


def _terms_of(mode: Mode) -> str:
    return {
        Mode.TRANSFER: _("By written contract; title passes when the office records it (Patent Law, article 10)."),
        Mode.EXCLUSIVE: _("By written contract, to be filed for recordal within three months of taking effect."),
        Mode.SOLE: _("By written contract, to be filed for recordal within three months of taking effect."),
        Mode.ORDINARY: _("By written contract, to be filed for recordal within three months of taking effect."),
        Mode.OPEN: _("By written notice to the holder and payment of the stated fee (Patent Law, article 51)."),
        Mode.INVEST: _("By agreement with the holder; ask first."),
        Mode.DISPOSAL: _("By contract with the bank, with the pledgee’s consent built in."),
    }[mode]


def _files(listing: Listing) -> list[dict[str, Any]]:
    documents = ListingDocument.objects.filter(listing=listing, withdrawn_at__isnull=True).select_related("file")
    return [file_line(document) for document in documents]


def file_line(document: ListingDocument) -> dict[str, Any]:
    """One line of components/doclist.html."""
    is_public = document.access == DocumentAccess.PUBLIC
    return {
        "name": document.title or document.file.name,
        "url": reverse("file", args=[document.file_id]) if is_public else "",
        "note": document.file.name if document.title else "",
        "size": document.file.size,
        "sha256": document.file.sha256 if is_public else "",
        "state": "go" if is_public else "off",
        "state_label": DocumentAccess(document.access).label,
        "on": document.added_at,
        "pk": document.pk,
    }


def structured_data(listing: Listing) -> dict[str, Any]:
    """Product and Offer in schema.org's words, for machines that read pages."""
    offer: dict[str, Any] = {
        "@type": "Offer",
        "url": settings.SITE_URL + reverse("listing_detail", args=[listing.number]),
        "availability": "https://schema.org/LimitedAvailability"
        if listing.state == ListingState.RESERVED
        else "https://schema.org/InStock",
        "seller": {"@type": "Organization", "name": listing.organisation.name},
    }
    if listing.valid_until:
        offer["validThrough"] = listing.valid_until.isoformat()
    if listing.price_mode == PriceMode.FIXED and listing.price_min is not None:
        offer |= {"price": f"{listing.price_min:.2f}", "priceCurrency": listing.currency}
    elif listing.price_mode == PriceMode.RANGE and listing.price_min is not None and listing.price_max is not None:
        offer |= {
            "@type": "AggregateOffer",
            "lowPrice": f"{listing.price_min:.2f}",
            "highPrice": f"{listing.price_max:.2f}",
            "priceCurrency": listing.currency,
        }
    return {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": listing.title,
        "description": listing.benefit or listing.problem,
        "sku": listing.number,
        "category": str(Mode(listing.mode).label),
        "identifier": [shown_number(asset) for asset in listing.rights],
        "offers": offer,
    }


def need_page(need: Need, *, is_preview: bool = False) -> dict[str, Any]:
    """Context of catalogue/need_detail.html; one query (events)."""
    reading, exact = budget_of(need)
    return {
        "need": need,
        "is_preview": is_preview,
        "state_shape": STATE_SHAPES[need.state],
        "state_label": NeedState(need.state).label,
        "seeker": seeker_name(need),
        "budget": reading,
        "budget_exact": exact,
        "modes": [Mode(mode).label for mode in need.modes],
        "events": [] if is_preview else public_timeline(need),
    }
