"""The rights page in values: the state on a day, the drawn timeline, acts with their rules, the entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _

from listings.assets.models import Asset
from listings.rights import access
from listings.rights.checking import Verdict, judge
from listings.rights.facts import Case
from listings.rights.models import Entry, Reservation
from listings.rights.points import Finding
from listings.rights.reading import read_rights
from listings.rights.ruling import rule
from listings.rights.scope import WHOLE
from listings.rights.states import FREEZES, Act, EntryKind, LicenceType, Source
from marketplace.core import charts, clock, formats
from marketplace.core.actor import Actor
from marketplace.core.workdays import years_after

#: The acts a page answers for, in the order a holder thinks of them.
SHOWN_ACTS = (
    Act.LIST,
    Act.ASSIGN,
    Act.EXCLUSIVE,
    Act.SOLE,
    Act.ORDINARY,
    Act.DECLARE_OPEN,
    Act.PLEDGE,
    Act.WAIVE,
    Act.PAY_ANNUITY,
)
SHAPES = {
    EntryKind.OWNERSHIP: "go",
    EntryKind.LICENCE: "now",
    EntryKind.PLEDGE: "pledge",
    EntryKind.PRESERVATION: "hold",
    EntryKind.OWNERSHIP_SUIT: "hold",
    EntryKind.OPEN_DECLARATION: "now",
    EntryKind.COMPULSORY_LICENCE: "now",
    EntryKind.INVALIDATION: "wait",
    EntryKind.SAME_DAY_PAIR: "wait",
}
LANES = (
    (gettext_lazy("Ownership"), "own", frozenset({EntryKind.OWNERSHIP})),
    (
        gettext_lazy("Licence"),
        "lic",
        frozenset({EntryKind.LICENCE, EntryKind.OPEN_DECLARATION, EntryKind.COMPULSORY_LICENCE}),
    ),
    (gettext_lazy("Pledge"), "pledge", frozenset({EntryKind.PLEDGE})),
    (gettext_lazy("Preservation, dispute"), "freeze", FREEZES),
)
YEARS_SHOWN = 20
MOST_ROWS = 6


def entries_of(asset: Asset) -> list[Entry]:
    """Every entry of a right, the newest first, with its parties and papers. One query."""
    return list(
        Entry.objects.of([asset.pk])
        .select_related("party", "grantor", "evidence", "end_evidence")
        .order_by("-starts_on", "-pk")
    )


def kind_words(entry: Entry) -> str:
    """ "Exclusive licence", "Pledge", …; what an office only recorded is called a security interest."""
    if entry.licence_type:
        return str(LicenceType(entry.licence_type).label)
    if entry.kind == EntryKind.PLEDGE and entry.is_recorded_only:
        return _("Security interest")
    return str(EntryKind(entry.kind).label)


def share_words(entry: Entry) -> str:
    """ "1/3", or a whole percentage where it is one; empty when unstated or whole."""
    if entry.share_numerator is None or entry.share_denominator is None:
        return ""
    share = Fraction(entry.share_numerator, entry.share_denominator)
    if share == 1:
        return ""
    hundredths = share * 100
    return f"{hundredths.numerator}%" if hundredths.denominator == 1 else f"{share.numerator}/{share.denominator}"


def scope_words(entry: Entry) -> str:
    """Territory and field of a licence: codes and symbols, or that it is the whole."""
    where = ", ".join(entry.territories) or _("whole territory")
    what = ", ".join(entry.fields) or _("all fields")
    return f"{where} · {what}"


def days_words(entry: Entry) -> str:
    """From … to …, in the active language."""
    lang = get_language() or "zh-hans"
    last = entry.last_day
    if last is not None and last < entry.starts_on:
        return formats.day(entry.starts_on, lang)
    if last is None:
        return _("from %(day)s") % {"day": formats.day(entry.starts_on, lang)}
    return formats.day_range(entry.starts_on, last, lang)


def _span(asset: Asset, entries: Sequence[Entry], today: date) -> charts.Span:
    first = min([one.starts_on for one in entries] + [asset.filed_on or today, today])
    ends = [one.last_day for one in entries if one.last_day is not None]
    last = max([*ends, asset.expires_on or years_after(first, YEARS_SHOWN), today])
    return charts.Span(date(first.year, 1, 1), date(last.year + 1, 1, 1))


def drawn(asset: Asset, entries: Sequence[Entry], on: date, name: str) -> charts.RightsBar:
    """Owners, licences, pledges and freezes over the life of the right, with the line of the day asked about.

    Owners of one period share a stretch; what overlaps otherwise stands in rows below each other.
    """
    lang = get_language() or "zh-hans"
    span = _span(asset, entries, on)
    lanes = []
    for label, kind, kinds in LANES:
        found = _stretches(asset, [one for one in entries if one.kind in kinds], kind, span, lang)
        if not found and kind == "own" and asset.holder is not None:
            start = asset.granted_on or asset.filed_on or on
            end = max(asset.expires_on or span.end, start)
            found = [(charts.Stretch(kind, start, end, asset.holder.name), asset.holder.name)]
        rows = _rows(found)[:MOST_ROWS] or [[]]
        for row in rows:
            words = "; ".join(said for _stretch, said in row) or pgettext("rights", "none")
            lanes.append(charts.Lane(str(label), words, [stretch for stretch, _said in row]))
    today_label = _("today") if on == clock.today() else formats.day(on, lang)
    return charts.rights_bar(lanes, span=span, today=on, today_label=today_label, name=name)


def _stretches(
    asset: Asset, entries: Iterable[Entry], kind: str, span: charts.Span, lang: str
) -> list[tuple[charts.Stretch, str]]:
    """Each entry as a stretch with its words, the earlier first; owners of the same days together."""
    together: dict[tuple[date, date | None, int], list[Entry]] = {}
    for one in sorted(entries, key=lambda entry: (entry.starts_on, entry.pk)):
        alone = 0 if one.kind == EntryKind.OWNERSHIP else one.pk
        together.setdefault((one.starts_on, one.last_day, alone), []).append(one)
    found = []
    for (start, last, _alone), same in together.items():
        inside = _("; ").join(
            " ".join(filter(None, (one.party_shown or kind_words(one), share_words(one)))) for one in same
        )
        end = max(last or asset.expires_on or span.end, start)
        after = formats.day(last, lang) if last is not None else ""
        found.append((charts.Stretch(kind, start, end, inside, after), f"{inside} {days_words(same[0])}".strip()))
    return found


def _rows(found: list[tuple[charts.Stretch, str]]) -> list[list[tuple[charts.Stretch, str]]]:
    """Stretches dealt out so that none covers another: each goes to the first row whose last one has ended."""
    rows: list[list[tuple[charts.Stretch, str]]] = []
    for one in found:
        row = next((row for row in rows if row[-1][0].end < one[0].start), None)
        if row is None:
            rows.append([one])
        else:
            row.append(one)
    return rows


def table(entries: Iterable[Entry], actor: Actor, on: date) -> list[dict[str, Any]]:
    """The entries as rows; amounts and papers only for the parties and the desk."""
    rows = []
    for one in entries:
        in_force = one.period is not None and on in one.period
        open_to_reader = access.sees_terms(actor, one)
        rows.append(
            {
                "entry": one,
                "kind": kind_words(one),
                "shape": SHAPES.get(EntryKind(one.kind), "off") if in_force else "ended",
                "in_force": in_force,
                "is_future": one.starts_on > on,
                "party": one.party_shown,
                "grantor": one.grantor_shown,
                "share": share_words(one),
                "scope": scope_words(one) if one.kind == EntryKind.LICENCE else "",
                "days": days_words(one),
                "source": str(Source(one.source).label),
                "recorded_on": one.recorded_on,
                "is_recorded_only": one.is_recorded_only,
                "reference": one.reference,
                "note": one.note,
                "amount": one.amount if open_to_reader else None,
                "currency": one.currency,
                "papers": [paper for paper in (one.evidence, one.end_evidence) if paper] if open_to_reader else [],
            }
        )
    return rows


def acts(asset: Asset) -> list[dict[str, Any]]:
    """What the owner may do today, one line an act: allowed, on conditions, or blocked with the rule. Two queries.

    The register is read once, in its widest scope, and each act is judged on that.
    """
    today = clock.today()
    rights = read_rights([asset.pk], WHOLE, today)
    return [line_of(act, judge(Case(act, today, asset.holder_id), rights)) for act in SHOWN_ACTS]


def line_of(act: Act, verdict: Verdict) -> dict[str, Any]:
    """An act with its findings for the page."""
    state = "blocked" if not verdict.is_allowed else "conditional" if verdict.findings else "allowed"
    return {
        "act": act,
        "label": str(act.label),
        "state": state,
        "findings": [finding_row(one) for one in verdict.findings],
    }


def finding_row(found: Finding) -> dict[str, Any]:
    return {
        "text": found.text,
        "cure": found.cure,
        "article": found.article,
        "title": rule(found.rule).title if found.rule else "",
        "rule": found.rule,
        "is_block": found.is_block,
        "is_verified": found.is_verified,
        "entry": found.entry_id,
    }


def rights_block(asset_id: int) -> dict[str, Any] | None:
    """What the patent page shows: the drawn state of today and the way to the whole page. Three queries."""
    asset = Asset.objects.select_related("holder").filter(pk=asset_id).first()
    if asset is None:
        return None
    entries = entries_of(asset)
    if not entries and asset.holder_id is None:
        return None
    today = clock.today()
    live = [one for one in entries if one.period is not None and today in one.period]
    return {
        "bar": drawn(asset, entries, today, f"rb{asset_id}"),
        "url": reverse("rights_page", args=[asset_id]),
        "live": [
            {
                "shape": SHAPES.get(EntryKind(one.kind), "off"),
                "kind": kind_words(one),
                "party": one.party_shown,
                "days": days_words(one),
            }
            for one in live
            if one.kind != EntryKind.OWNERSHIP
        ],
    }


def is_spoken_for(asset: Asset) -> bool:
    """Whether a deal or pledge in progress has been promised it; never which."""
    return Reservation.objects.live().filter(asset=asset).exists()
