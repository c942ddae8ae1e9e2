"""Whether the right lives, is granted, paid for, long enough, and proved."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from listings.assets.states import LegalStatus
from listings.rights.facts import Case, Right
from listings.rights.points import Finding, point
from listings.rights.ruling import enforces
from listings.rights.states import DISPOSING, LICENSING, Act, EntryKind
from listings.rights.wording import Day

#: A utility model or design is granted without a full examination; its evaluation report is the proof of quality.
REPORTED_KINDS = frozenset({"utility_model", "design"})

LICENCE_OF_ENDED = point(
    "licence_of_ended_right",
    "LIC-TERM",
    _("%(number)s has ended or was invalidated; no licence can be granted after that."),
    _("Have the right restored if its time for that still runs; else nothing lifts this."),
)
PLEDGE_OF_ENDED = point(
    "pledge_of_ended_right",
    "PLG-REFUSE-02",
    _("%(number)s has ended or was invalidated; a pledge of it is not registered."),
    _("Offer another right as security."),
)
LAPSED = point(
    "right_lapsed",
    "FEE-GRACE",
    _("%(number)s ended because its annuity stayed unpaid."),
    _("Ask for restoration within two months of the office’s notice, with the arrears and surcharge."),
)
EXPIRED = point("right_expired", "PAT-TERM-INV", _("The term of %(number)s is over."))
EXPIRED_MODEL = point("utility_model_expired", "PAT-TERM-UM", _("The term of the utility model %(number)s is over."))
EXPIRED_DESIGN = point("design_expired", "PAT-TERM-DES-NEW", _("The term of the design %(number)s is over."))
INVALIDATED = point(
    "right_invalidated",
    "PAT-INVALID-RETRO",
    _("%(number)s was invalidated and counts as never granted."),
)
WITHDRAWN = point(
    "application_ended", "PAT-GRANT-START", _("The application %(number)s was withdrawn or refused; there is no right.")
)
STATUS_UNKNOWN = point(
    "status_unknown",
    "LIC-WARRANTY",
    _("The legal status of %(number)s is not known here, so nobody can warrant it."),
    _("Import the office’s data or enter a register copy, so that the status can be derived."),
)
RESTORE_FIRST = point(
    "restore_first",
    "FEE-RESTORE",
    _("%(number)s has ended; an annuity alone does not bring it back."),
    _("Ask for restoration: request, fee, arrears and the highest surcharge, in time."),
)
ENDED_BY_TERM = {"utility_model": EXPIRED_MODEL, "design": EXPIRED_DESIGN}


@enforces(
    "LIC-TERM",
    "LIC-REFUSE-01",
    "PLG-REFUSE-02",
    "FEE-GRACE",
    "FEE-RESTORE",
    "PAT-TERM-INV",
    "PAT-TERM-UM",
    "PAT-TERM-DES-NEW",
    "PAT-TERM-DES-OLD",
    "PAT-INVALID-RETRO",
)
def the_right_lives(case: Case, right: Right) -> Iterator[Finding]:
    """Nothing can be done with a right that is no more, and nothing be warranted of one whose state is unknown."""
    if right.status == LegalStatus.UNKNOWN:
        if case.act != Act.PAY_ANNUITY:
            yield STATUS_UNKNOWN.found(right)
        return
    if not right.has_ended:
        return
    if case.act == Act.PAY_ANNUITY:
        yield RESTORE_FIRST.found(right)
    elif case.act in LICENSING or case.act == Act.TAKE_OPEN:
        yield LICENCE_OF_ENDED.found(right)
    elif case.act == Act.PLEDGE:
        yield PLEDGE_OF_ENDED.found(right)
    elif right.status == LegalStatus.INVALIDATED:
        yield INVALIDATED.found(right)
    elif right.status == LegalStatus.WITHDRAWN:
        yield WITHDRAWN.found(right)
    elif right.status == LegalStatus.LAPSED:
        yield LAPSED.found(right)
    else:
        yield ENDED_BY_TERM.get(right.patent_kind, EXPIRED).found(right)


OPEN_UNPAID = point(
    "open_licence_annuity_unpaid",
    "OL-BAR-ANNUITY",
    _("The annuity of %(number)s is unpaid; no open licence can be declared until it is paid."),
    _("Pay the annuity with its surcharge."),
)
PLEDGE_UNPAID = point(
    "pledge_annuity_unpaid",
    "PLG-REFUSE-04",
    _("The annuity of %(number)s is unpaid; a pledge is not registered until it is paid."),
    _("Pay the annuity with its surcharge."),
)
RECORDAL_UNPAID = point(
    "recordal_annuity_unpaid",
    "LIC-REFUSE-06",
    _("The annuity of %(number)s is in its surcharge period; a licence is not recorded until it is paid."),
    _("Pay the annuity with its surcharge before the licence is filed for recordal."),
    blocks=False,
)
SURCHARGE = point(
    "annuity_surcharge",
    "FEE-LATE",
    _("The annuity of %(number)s is overdue: within six months it can be paid with a surcharge, then the right ends."),
    _("Pay it now; the surcharge grows with every month."),
    blocks=False,
)


@enforces("OL-BAR-ANNUITY", "PLG-REFUSE-04", "LIC-REFUSE-06", "FEE-LATE")
def the_annuity_is_paid(case: Case, right: Right) -> Iterator[Finding]:
    """Months of grace are no bar to a sale, but to a pledge, an open licence, and a licence’s recordal."""
    if not right.is_in_grace:
        return
    if case.act == Act.DECLARE_OPEN:
        yield OPEN_UNPAID.found(right)
    elif case.act == Act.PLEDGE:
        yield PLEDGE_UNPAID.found(right)
    elif case.act in LICENSING or case.act == Act.TAKE_OPEN:
        yield RECORDAL_UNPAID.found(right)
    else:
        yield SURCHARGE.found(right)


OPEN_BEFORE_GRANT = point(
    "open_licence_before_grant",
    "OL-CONTENT",
    _("%(number)s is still an application; an open licence can be declared only after the grant is announced."),
    _("Wait for the grant."),
)
PLEDGE_BEFORE_GRANT = point(
    "pledge_before_grant",
    "PLG-REFUSE-03",
    _("%(number)s is still an application; only a granted right can be pledged."),
    _("Wait for the grant, or offer another right as security."),
)
IS_APPLICATION = point(
    "is_application",
    "PAT-GRANT-START",
    _("%(number)s is an application: what passes is the application, and nowhere may it be called a patent."),
    _("Say “application” in the contract and the offer, and settle what happens when it is refused."),
    blocks=False,
)


@enforces("OL-CONTENT", "PLG-REFUSE-03", "PAT-GRANT-START")
def the_grant_is_there(case: Case, right: Right) -> Iterator[Finding]:
    """What is only applied for can pass and be licensed as an application; it cannot be pledged or opened to all."""
    if right.is_granted or right.has_ended:
        return
    if case.act == Act.DECLARE_OPEN:
        yield OPEN_BEFORE_GRANT.found(right)
    elif case.act == Act.PLEDGE:
        yield PLEDGE_BEFORE_GRANT.found(right)
    elif case.act in DISPOSING or case.act == Act.LIST:
        yield IS_APPLICATION.found(right)


LICENCE_OUTLASTS = point(
    "licence_outlasts_right",
    "LIC-REFUSE-04",
    _("A licence until %(last)s would outlast %(number)s, which ends on %(end)s."),
    _("Let the licence end no later than the right."),
)
DEBT_OUTLASTS = point(
    "debt_outlasts_right",
    "PLG-REFUSE-06",
    _("The debt runs until %(last)s and would outlast %(number)s, which ends on %(end)s."),
    _("Shorten the debt, or offer a right with more term left."),
)


@enforces("LIC-TERM", "LIC-REFUSE-04", "PLG-REFUSE-06")
def the_term_is_long_enough(case: Case, right: Right) -> Iterator[Finding]:
    """Neither a licence nor a secured debt runs past the right. `expires_on` is the day on which it is no more."""
    last, end = case.scope.ends_on, right.expires_on
    if last is None or end is None or last < end:
        return
    if case.act == Act.PLEDGE:
        yield DEBT_OUTLASTS.found(right, last=Day(last), end=Day(end))
    elif case.act in LICENSING or case.act in (Act.TAKE_OPEN, Act.DECLARE_OPEN):
        yield LICENCE_OUTLASTS.found(right, last=Day(last), end=Day(end))


REPORT_MISSING = point(
    "evaluation_report_missing",
    "OL-EVAL",
    _("%(number)s is a utility model or design; its evaluation report must go with an open-licence declaration."),
    _("Ask the office for the evaluation report and record that it is there."),
)


@enforces("OL-EVAL")
def the_report_is_there(case: Case, right: Right) -> Iterator[Finding]:
    """A declaration for a utility model or design carries the evaluation report."""
    if case.act == Act.DECLARE_OPEN and right.patent_kind in REPORTED_KINDS and not right.has_report:
        yield REPORT_MISSING.found(right)


PLEDGE_IN_QUESTION = point(
    "pledge_while_invalidation_pending",
    "PLG-REFUSE-11",
    _("A request to invalidate %(number)s is pending since %(since)s."),
    _("The pledge is registered only if both sides were told of it and still agree; keep their statement."),
    blocks=False,
)
IN_QUESTION = point(
    "invalidation_pending",
    "PAT-INVALID-RETRO",
    _("A request to invalidate %(number)s is pending since %(since)s; invalidated, it counts as never granted."),
    _("Tell the other side, and settle what happens to payments made."),
    blocks=False,
)
PAIR = point(
    "same_day_application",
    "PLG-REFUSE-10",
    _("An application for the same invention was filed on the day of %(number)s; it may replace the utility model."),
    _("The pledge is registered only if both sides were told of it and still agree; keep their statement."),
    blocks=False,
)


@enforces("PLG-REFUSE-10", "PLG-REFUSE-11", "PAT-INVALID-RETRO")
def validity_is_not_in_question(case: Case, right: Right) -> Iterator[Finding]:
    """A pending invalidation, or a same-day application for the same invention, has to be told and accepted."""
    if case.act not in DISPOSING and case.act not in (Act.LIST, Act.DECLARE_OPEN):
        return
    for entry in right.of_kind(EntryKind.INVALIDATION):
        found = PLEDGE_IN_QUESTION if case.act == Act.PLEDGE else IN_QUESTION
        yield found.found(right, entry, since=Day(entry.starts_on))
    if case.act == Act.PLEDGE:
        for entry in right.of_kind(EntryKind.SAME_DAY_PAIR):
            yield PAIR.found(right, entry)
