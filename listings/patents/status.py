"""Where a right stands in law on a day, from what sources say and what the calendar does to it.

Nothing here is typed in by a person: the status is derived from the newest word of an office, the dates of the right
and the annuities known to be paid. Each answer names its basis, so a page can say how it is known, and the next day
on which it may change by itself. Rules: the right arises on grant (Patent Law art. 39, 40); it ends with its term
(42), by unpaid annuity or waiver as of the due date (44; Implementing Rules 115), and is void from the start when
invalidated (47).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from listings.patents import annuities
from marketplace.core.workdays import WorkCalendar, months_after, years_after

PENDING, IN_FORCE, IN_GRACE = "pending", "in_force", "in_grace"
LAPSED, EXPIRED, INVALIDATED, WITHDRAWN, UNKNOWN = "lapsed", "expired", "invalidated", "withdrawn", "unknown"
#: A word such as 失效 or "inactive": it has ended, but the word does not say how.
ENDED = "ended"

#: Own convention: an application of which no source has said anything for so long is not called pending any more.
PENDING_BELIEVED_YEARS = 8
#: PCT art. 22 and 39: national phases are entered within 30 months of the priority date; most offices allow 31.
INTERNATIONAL_PHASE_MONTHS = 31


@dataclass(frozen=True)
class Word:
    """What a source said about the legal status, and the day it said it of (None when undated)."""

    text: str
    on: date | None = None


@dataclass(frozen=True)
class Known:
    """What is known of a right. `paid` maps patent years to payment dates; empty means nothing is known of payments."""

    office: str = ""
    kind: str = ""
    filed_on: date | None = None
    published_on: date | None = None
    granted_on: date | None = None
    expires_on: date | None = None
    priority_on: date | None = None
    kind_says_granted: bool = False
    words: Sequence[Word] = ()
    paid: Mapping[int, date] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """A status, why we say so (a code worded by `reasons.BASES`), and the next day on which it may change without
    news."""

    status: str
    basis: str
    next_change_on: date | None = None


_NOISE = re.compile(r"[\s\-_/·.,;:，。；：、（）()\[\]【】]+")
# Order matters: the narrower word stands before the one it contains.
_SIGNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        IN_FORCE,
        ("部分无效", "partiallyinvalid", "维持有效", "维持专利权有效", "恢复", "reinstat", "restored", "revived"),
    ),
    (
        INVALIDATED,
        (
            "全部无效",
            "宣告无效",
            "无效宣告专利权全部",
            "宣告专利权无效",
            "宣告专利权全部无效",
            "专利权无效宣告成立",
            "invalidated",
            "annulled",
            "revoked",
            "revocation",
        ),
    ),
    (PENDING, ("撤回驳回", "驳回复审", "复审请求", "复审中")),
    (
        EXPIRED,
        ("期限届满", "届满", "有效期满", "expirationofterm", "expiredlifetime", "termexpired", "lapseduetoexpiry"),
    ),
    (
        WITHDRAWN,
        (
            "视为放弃取得",
            "视为撤回",
            "视撤",
            "撤回",
            "驳回",
            "主动撤",
            "withdrawn",
            "deemedwithdrawn",
            "refused",
            "rejected",
            "abandon",
            "finallyrejected",
        ),
    ),
    (
        LAPSED,
        (
            "未缴年费",
            "未缴纳年费",
            "未按期缴",
            "欠费",
            "费用终止",
            "终止",
            "放弃",
            "不缴",
            "lapse",
            "ceased",
            "nonpayment",
            "unpaid",
            "failuretopay",
            "feerelated",
            "surrender",
            "discontinu",
        ),
    ),
    (EXPIRED, ("expired",)),
    (ENDED, ("失效", "无效", "无权", "inactive", "dead", "notinforce", "nolongerinforce")),
    (
        PENDING,
        (
            "审中",
            "实质审查",
            "实审",
            "审查中",
            "在审",
            "申请中",
            "受理",
            "公开",
            "公布",
            "pending",
            "underexamination",
            "applicationfiled",
            "published",
            "examination",
        ),
    ),
    (IN_FORCE, ("有效", "有权", "授权", "维持", "质押", "active", "granted", "inforce", "patented", "alive")),
)


@lru_cache(maxsize=4096)
def classify(text: str) -> str:
    """The status that a source's words mean: one of the statuses, "ended" when they do not say how, "" when they say
    nothing."""
    folded = _NOISE.sub("", text.lower())
    if not folded:
        return ""
    for meaning, signs in _SIGNS:
        if any(sign in folded for sign in signs):
            return meaning
    return ""


def derive(known: Known, on: date, days: WorkCalendar) -> Standing:
    """The status on `on`. What a source says holds from the day it says it of; an undated word counts as oldest."""
    status, basis = _standing(known, on, days)
    return Standing(status, basis, _next_look(known, on, days))


def _standing(known: Known, on: date, days: WorkCalendar) -> tuple[str, str]:
    word, word_on = _newest_word(known.words, on)
    granted = _granted(known, on, word)
    if word == INVALIDATED:
        return INVALIDATED, "office_said"
    if word == WITHDRAWN and not granted:
        return WITHDRAWN, "office_said"
    if word == LAPSED or (word == WITHDRAWN and granted):
        return LAPSED, "office_said"
    if word == EXPIRED:
        return EXPIRED, "office_said"
    is_over = known.expires_on is not None and known.expires_on <= on
    if word == ENDED:
        # A right said to be dead before its term is over lapsed; once the term is over the two look alike.
        return EXPIRED if is_over else LAPSED if granted else WITHDRAWN, "office_said"
    if is_over:
        return EXPIRED, "term_over"
    if granted:
        return _granted_standing(known, on, days, word, word_on)
    return _pending_standing(known, on, word, word_on)


def _next_look(known: Known, on: date, days: WorkCalendar) -> date | None:
    """The next day on which the status may differ with nothing new said: the dates of the right, its annuity, our
    patience."""
    coming = [
        known.filed_on,
        known.published_on,
        known.granted_on,
        known.expires_on,
        *(said.on for said in known.words),
    ]
    if known.office == "WO" and (start := known.priority_on or known.filed_on) is not None:
        coming.append(months_after(start, INTERNATIONAL_PHASE_MONTHS))
    if known.granted_on is None or known.granted_on > on:
        heard = (known.filed_on, known.published_on, *(said.on for said in known.words))
        coming += [years_after(day, PENDING_BELIEVED_YEARS) for day in heard if day is not None]
    if known.paid and known.office in annuities.COVERED and known.filed_on is not None:
        owed = max(known.paid) + 1
        due = annuities.due_on(known.filed_on, owed)
        coming += [
            days.roll(due) + timedelta(days=1),
            annuities.last_day(known.filed_on, owed, days) + timedelta(days=1),
        ]
    return min((day for day in coming if day is not None and day > on), default=None)


def _newest_word(words: Sequence[Word], on: date) -> tuple[str, date | None]:
    """The newest meaning said by `on`. Of two words of one day the later in the list wins, so callers give the
    stronger last."""
    best, best_on = "", None
    for said in words:
        if said.on is not None and said.on > on:
            continue
        meaning = classify(said.text)
        if meaning and (best == "" or best_on is None or (said.on is not None and said.on >= best_on)):
            best, best_on = meaning, said.on
    return best, best_on


def _granted(known: Known, on: date, word: str) -> bool:
    if known.granted_on is not None:
        return known.granted_on <= on
    return known.kind_says_granted or word == IN_FORCE


def _granted_standing(known: Known, on: date, days: WorkCalendar, word: str, word_on: date | None) -> tuple[str, str]:
    basis = "office_said" if word == IN_FORCE else "granted_no_end_known"
    if not (
        known.paid and known.office in annuities.COVERED and known.filed_on is not None and known.expires_on is not None
    ):
        return IN_FORCE, basis
    # In force while paid, in grace for six months, then lapsed (rule 115) unless an office says later that it stands.
    owed = max(known.paid) + 1
    due = annuities.due_on(known.filed_on, owed)
    if due >= known.expires_on or on <= days.roll(due):
        return IN_FORCE, "annuities_paid"
    end = annuities.last_day(known.filed_on, owed, days)
    if word == IN_FORCE and word_on is not None and word_on > end:
        return IN_FORCE, "office_said"
    return (IN_GRACE, "annuity_late") if on <= end else (LAPSED, "annuity_unpaid")


def _pending_standing(known: Known, on: date, word: str, word_on: date | None) -> tuple[str, str]:
    if known.office == "WO":
        start = known.priority_on or known.filed_on
        if start is None:
            return UNKNOWN, "nothing_known"
        if on >= months_after(start, INTERNATIONAL_PHASE_MONTHS):
            return UNKNOWN, "international_phase_over"
        return PENDING, "international_phase"
    heard = max(
        (day for day in (known.filed_on, known.published_on, word_on) if day is not None and day <= on), default=None
    )
    if heard is None:
        return (PENDING, "office_said") if word == PENDING else (UNKNOWN, "nothing_known")
    if on >= years_after(heard, PENDING_BELIEVED_YEARS):
        return UNKNOWN, "long_silent"
    return PENDING, "office_said" if word == PENDING else "filed_no_end_known"
