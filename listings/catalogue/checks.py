"""What a listing or a need still lacks, said so that it can be mended, with the rule each point rests on.

One list serves the wizard, the preview, the desk and the guards of the lifecycle: what blocks here refuses submission
and publication. Points that only advise are shown and stop nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from listings.catalogue.content_lacks import about_offer, about_summary, about_wording
from listings.catalogue.lacks import E27, STEPS, Incomplete, Lack
from listings.catalogue.price_lacks import about_price
from listings.catalogue.rights_lacks import about_organisation, about_others, about_rights, rights_checks
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock, events
from marketplace.core.actor import Actor
from marketplace.core.errors import DomainError
from marketplace.core.workdays import months_after

if TYPE_CHECKING:
    from listings.catalogue.models import Listing, Need

LONGEST_NEED_MONTHS = 24


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
    lacks = [*about_organisation(listing), *about_rights(listing, rights), *about_others(listing, rights)]
    for check in rights_checks:
        lacks += check(listing, rights)
    lacks += about_offer(listing, rights)
    lacks += about_summary(listing)
    lacks += about_wording(listing, rights)
    lacks += about_price(listing)
    return sorted(lacks, key=lambda lack: STEPS.index(lack.step))


def missing_by_step(listing: Listing) -> dict[str, list[Lack]]:
    """The open points under the step that mends each; every step is there."""
    found: dict[str, list[Lack]] = {step: [] for step in STEPS}
    for lack in missing_in(listing):
        found[lack.step].append(lack)
    return found


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
