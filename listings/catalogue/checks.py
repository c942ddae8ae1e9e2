"""What a listing or a need still lacks, said so that it can be mended, with the rule each point rests on.

One list serves the wizard, the preview, the desk and the guards of the lifecycle: what blocks here refuses submission
and publication. Points that only advise are shown and stop nothing. What the rights register says (owners, pledges,
licences, freezes, status) comes in through `rights_checks`, see `encumbrances`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from dataclasses import field as made_of
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.catalogue.naming import shown_number
from listings.catalogue.states import LICENCES, STANDING, Mode, PriceMode
from listings.catalogue.wording import called_patent, promotional_words
from marketplace.accounts.roles import Kind
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.errors import DomainError, Sentence
from marketplace.core.ruling import enforces
from marketplace.core.workdays import months_after

if TYPE_CHECKING:
    from listings.catalogue.models import Listing, Need

STEPS = ("rights", "offer", "summary", "price", "papers", "check")
LONGEST_LISTING_MONTHS = 24
LONGEST_NEED_MONTHS = 24

# Usual ceilings of open-licence fees as the press reports the office's guide; we have not read the text itself.
USUAL_LUMP_SUM_CEILING = Decimal("20000000.00")
USUAL_ROYALTY_CEILING_PCT = Decimal("20")
PRESS = _("press report, not verified against the text")

P14 = _("Patent Law, article 14")
P50 = _("Patent Law, article 50")
P51 = _("Patent Law, article 51(3)")
R85 = _("Implementing Rules, rule 85")
R101 = _("Implementing Rules, rule 101(1)(3)")
C865 = _("Civil Code, article 865")
E27 = _("E-Commerce Law, article 27")

#: A utility model or design is granted without a full examination; its evaluation report is the proof of quality.
REPORTED_KINDS = frozenset({"utility_model", "design"})


@dataclass(frozen=True)
class Lack:
    """One point: where to mend it (step and field), what is wrong, and the rule. `blocks` false means advice."""

    code: str
    step: str
    field: str
    sentence: Sentence
    params: dict[str, Any] = made_of(default_factory=dict)
    rule: Sentence = ""
    blocks: bool = True

    @property
    def text(self) -> str:
        """The sentence in the active language."""
        return str(self.sentence) % {key: str(value) for key, value in self.params.items()}


RightsCheck = Callable[["Listing", list[Asset]], Iterable[Lack]]
rights_checks: list[RightsCheck] = []


def rights_check(check: RightsCheck) -> RightsCheck:
    """Register a further look at the rights of a listing; called under the assets' locks before it is published."""
    rights_checks.append(check)
    return check


class Incomplete(DomainError):
    """The listing or need lacks something; `lacks` says what."""

    code = "incomplete"
    status = 422
    sentence = _("%(count)s points are still open: %(points)s")
    remedy = _("Each point names the step in which it is mended.")

    def __init__(self, lacks: list[Lack]) -> None:
        self.lacks = lacks
        super().__init__(count=len(lacks), points=_Points(lacks))

    def as_dict(self) -> dict[str, Any]:
        from django.utils import translation

        answer = super().as_dict()
        rows = []
        for lack in self.lacks:
            row = {"code": lack.code, "step": lack.step, "field": lack.field}
            for language, key in (("zh-hans", "zh"), ("en", "en")):
                with translation.override(language):
                    row[f"message_{key}"], row[f"rule_{key}"] = lack.text, str(lack.rule)
            rows.append(row)
        return {**answer, "missing": rows}


class _Points:
    """The points as one text in whichever language is active when it is read."""

    def __init__(self, lacks: list[Lack]) -> None:
        self.lacks = lacks

    def __str__(self) -> str:
        return str(_("; ")).join(lack.text for lack in self.lacks)


class SuspendedByOperator(DomainError):
    """The operator took the listing off; only the operator puts it back."""

    code = "suspended_by_operator"
    sentence = _(
        "The operator suspended this listing. It is put back by the operator, or after it was changed and reviewed."
    )
    remedy = _("Take it offline, mend what the reason names, and submit it again.")


# ── guards ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def listing_is_ready(listing: Listing, actor: Actor) -> None:
    """Raises Incomplete with every point that blocks."""
    blocking = [lack for lack in missing_in(listing) if lack.blocks]
    if blocking:
        raise Incomplete(blocking)


def listing_may_be_published(listing: Listing, actor: Actor) -> None:
    """The same look again: days may have passed between submission and decision."""
    listing_is_ready(listing, actor)


def listing_may_resume(listing: Listing, actor: Actor) -> None:
    """The rights must allow it, and what an operator suspended only an operator resumes."""
    from marketplace.core import events

    last = events.timeline(listing).filter(kind="listing.suspend").first()
    by_operator = last is not None and last.actor_id is not None
    if by_operator and actor.acts_for == listing.organisation_id:
        raise SuspendedByOperator()
    listing_is_ready(listing, actor)


def need_is_ready(need: Need, actor: Actor) -> None:
    blocking = [lack for lack in missing_in_need(need) if lack.blocks]
    if blocking:
        raise Incomplete(blocking)


# ── listings ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def missing_in(listing: Listing) -> list[Lack]:
    """Every open point, in the order of the steps. Reads the rights, their patents and other listings of them."""
    rights = listing.rights
    lacks = [*_about_organisation(listing), *_about_rights(listing, rights), *_about_others(listing, rights)]
    for check in rights_checks:
        lacks += check(listing, rights)
    lacks += _about_offer(listing, rights)
    lacks += _about_summary(listing)
    lacks += _about_wording(listing, rights)
    lacks += _about_price(listing)
    return sorted(lacks, key=lambda lack: STEPS.index(lack.step))


def missing_by_step(listing: Listing) -> dict[str, list[Lack]]:
    """The open points under the step that mends each; every step is there."""
    found: dict[str, list[Lack]] = {step: [] for step in STEPS}
    for lack in missing_in(listing):
        found[lack.step].append(lack)
    return found


def _about_organisation(listing: Listing) -> Iterable[Lack]:
    if listing.organisation.state != OrganisationState.VERIFIED:
        yield Lack(
            "organisation_not_verified",
            "check",
            "",
            _("Your organisation is not verified yet: only verified sellers list."),
            rule=E27,
        )


def _about_rights(listing: Listing, rights: list[Asset]) -> Iterable[Lack]:
    if not rights:
        yield Lack("no_rights", "rights", "assets", _("Choose at least one right."))
    is_bank = listing.organisation.kind == Kind.BANK
    if listing.mode == Mode.DISPOSAL and not is_bank:
        yield Lack("disposal_by_bank_only", "rights", "mode", _("Collateral is put up for disposal by a bank only."))
    for asset in rights:
        yield from _about_right(listing, asset)


def _about_right(listing: Listing, asset: Asset) -> Iterable[Lack]:
    number = {"number": shown_number(asset)}
    if asset.holder_id != listing.organisation_id and listing.mode != Mode.DISPOSAL:
        yield Lack(
            "not_held",
            "rights",
            "assets",
            _("%(number)s is not in your organisation’s register; only what you hold can be listed."),
            number,
            P14,
        )
    patent = getattr(asset, "patent", None)
    needs_report = patent is not None and patent.patent_kind in REPORTED_KINDS and not patent.has_evaluation_report
    if needs_report and asset.is_granted and listing.mode != Mode.OPEN:
        yield Lack(
            "report_advised",
            "papers",
            "",
            _("%(number)s is a utility model or design; readers will ask for its evaluation report."),
            number,
            blocks=False,
        )


def _about_others(listing: Listing, rights: list[Asset]) -> Iterable[Lack]:
    """Other standing listings of the same rights that this one contradicts or repeats."""
    from listings.catalogue.models import ListedAsset

    if not rights:
        return
    others = (
        ListedAsset.objects.filter(asset__in=rights, listing__state__in=STANDING)
        .exclude(listing=listing.pk)
        .values_list("asset_id", "listing__mode", "listing__number")
    )
    number_of = {asset.pk: shown_number(asset) for asset in rights}
    shutting = {Mode.EXCLUSIVE, Mode.SOLE}
    for asset_id, mode, other in others:
        params = {"number": number_of[asset_id], "other": other, "mode": Mode(mode).label}
        if mode == listing.mode and mode in {Mode.TRANSFER, Mode.EXCLUSIVE, Mode.SOLE, Mode.OPEN, Mode.DISPOSAL}:
            yield Lack(
                "listed_twice",
                "rights",
                "assets",
                _("%(number)s already stands in listing %(other)s (%(mode)s)."),
                params,
            )
        elif (mode == Mode.OPEN and listing.mode in shutting) or (listing.mode == Mode.OPEN and mode in shutting):
            yield Lack(
                "open_beside_exclusive",
                "rights",
                "mode",
                _(
                    "%(number)s stands in listing %(other)s (%(mode)s); beside an open licence"
                    " only ordinary licences may be agreed."
                ),
                params,
                P51,
            )


def _about_offer(listing: Listing, rights: list[Asset]) -> Iterable[Lack]:
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
                rule=_open(listing),
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


def _open(listing: Listing) -> Sentence:
    return R85 if listing.mode == Mode.OPEN else ""


def _about_summary(listing: Listing) -> Iterable[Lack]:
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


def _about_wording(listing: Listing, rights: list[Asset]) -> Iterable[Lack]:
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


@enforces("OL-FEE-CEIL", "OL-CONTENT")
def _about_price(listing: Listing) -> Iterable[Lack]:
    mode = listing.price_mode
    if mode == PriceMode.FIXED and listing.price_min is None:
        yield Lack("no_price", "price", "price_min", _("A fixed price needs its amount."), rule=_open(listing))
    if mode == PriceMode.RANGE and (listing.price_min is None or listing.price_max is None):
        yield Lack("no_range", "price", "price_max", _("A price range needs its lowest and its highest price."))
    if mode == PriceMode.ROYALTY:
        if listing.royalty_pct is None:
            yield Lack("no_royalty", "price", "royalty_pct", _("A royalty needs its percentage."), rule=_open(listing))
        if not listing.royalty_base:
            yield Lack(
                "no_royalty_base",
                "price",
                "royalty_base_zh",
                _("Say what the royalty is a share of."),
                rule=_open(listing),
            )
        if listing.mode not in LICENCES:
            yield Lack(
                "royalty_on_sale", "price", "price_mode", _("A royalty belongs to a licence; choose another price.")
            )
    if mode == PriceMode.SEALED:
        if listing.offers_until is None:
            yield Lack(
                "no_offers_until",
                "price",
                "offers_until",
                _("Sealed offers need the moment until which they are taken."),
            )
        elif listing.offers_until <= clock.now():
            yield Lack("offers_past", "price", "offers_until", _("The moment until which offers are taken has passed."))
    if listing.mode == Mode.OPEN:
        yield from _about_open_fee(listing)


def _about_open_fee(listing: Listing) -> Iterable[Lack]:
    if listing.price_mode not in {PriceMode.FIXED, PriceMode.ROYALTY}:
        yield Lack(
            "open_fee_stated",
            "price",
            "price_mode",
            _("An open licence states its fee: a fixed sum or a royalty, the same for everybody."),
            rule=P50,
        )
    if listing.price_min is not None and listing.currency == "CNY" and listing.price_min > USUAL_LUMP_SUM_CEILING:
        yield Lack(
            "open_fee_high",
            "price",
            "price_min",
            _("Open-licence fees above 20 million yuan are unusual and may be questioned."),
            rule=PRESS,
            blocks=False,
        )
    if listing.royalty_pct is not None and listing.royalty_pct > USUAL_ROYALTY_CEILING_PCT:
        yield Lack(
            "open_royalty_high",
            "price",
            "royalty_pct",
            _("Open-licence royalties above 20% of net sales (40% of profit) are unusual and may be questioned."),
            rule=PRESS,
            blocks=False,
        )


# ── needs ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def missing_in_need(need: Need) -> list[Lack]:
    """Every open point of a need."""
    return list(_about_need(need, clock.today()))


def _about_need(need: Need, today: date) -> Iterable[Lack]:
    if not need.title_zh and not need.title_en:
        yield Lack("no_title", "check", "title_zh", _("Give the need a title."))
    if not need.problem_zh and not need.problem_en:
        yield Lack("no_problem", "check", "problem_zh", _("Describe the problem to be solved."))
    if not need.requirements_zh and not need.requirements_en:
        yield Lack("no_requirements", "check", "requirements_zh", _("Say what a solution must achieve."))
    if need.deadline is None:
        yield Lack("no_deadline", "check", "deadline", _("Say until when answers are taken."))
    elif need.deadline < today:
        yield Lack("deadline_past", "check", "deadline", _("The last day for answers has passed."))
    elif need.deadline > months_after(today, LONGEST_NEED_MONTHS):
        yield Lack(
            "deadline_far",
            "check",
            "deadline",
            _("A need stands for at most %(months)s months."),
            {"months": LONGEST_NEED_MONTHS},
        )
    if need.organisation.state != OrganisationState.VERIFIED:
        yield Lack(
            "organisation_not_verified",
            "check",
            "",
            _("Your organisation is not verified yet: only verified organisations post needs."),
            rule=E27,
        )
