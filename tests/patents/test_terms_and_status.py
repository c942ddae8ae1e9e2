"""Terms by law, status from words and dates: tables first, then what must hold for any dates."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listings.patents import status, terms
from listings.patents.status import Known, Word, classify, derive
from marketplace.core.workdays import WorkCalendar

DAYS = WorkCalendar()
TODAY = date(2026, 11, 23)


@pytest.mark.rule("PAT-TERM-INV", "PAT-TERM-UM", "PAT-TERM-DES-NEW", "PAT-TERM-DES-OLD")
@pytest.mark.parametrize(
    ("office", "kind", "filed", "granted", "expected"),
    [
        ("CN", "invention", date(2019, 6, 18), None, date(2039, 6, 18)),
        ("CN", "utility_model", date(2019, 6, 18), None, date(2029, 6, 18)),
        ("CN", "design", date(2021, 5, 31), None, date(2031, 5, 31)),
        ("CN", "design", date(2021, 6, 1), None, date(2036, 6, 1)),
        ("CN", "invention", date(2016, 2, 29), None, date(2036, 2, 29)),
        ("CN", "utility_model", date(2012, 2, 29), None, date(2022, 2, 28)),
        ("EP", "invention", date(2010, 1, 5), None, date(2030, 1, 5)),
        ("DE", "utility_model", date(2010, 1, 5), None, None),
        ("US", "design", date(2016, 1, 5), date(2017, 3, 7), date(2032, 3, 7)),
        ("US", "design", date(2014, 1, 5), date(2015, 3, 3), date(2029, 3, 3)),
        ("US", "design", date(2016, 1, 5), None, None),
        ("WO", "invention", date(2016, 1, 5), None, None),
        ("CN", "invention", None, None, None),
        ("CN", "other", date(2019, 6, 18), None, None),
    ],
)
def test_the_term_follows_the_law_of_the_office(office, kind, filed, granted, expected):
    assert terms.expiry(office, kind, filed, granted) == expected


def test_a_stated_end_beats_the_computed_one():
    assert terms.expiry("CN", "invention", date(2019, 6, 18), None, date(2041, 1, 1)) == date(2041, 1, 1)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("有效", "in_force"),
        ("有权", "in_force"),
        ("授权", "in_force"),
        ("专利权维持", "in_force"),
        ("Active", "in_force"),
        ("审中", "pending"),
        ("审中-实审", "pending"),
        ("实质审查的生效", "pending"),
        ("公开", "pending"),
        ("Pending", "pending"),
        ("无效", "ended"),
        ("失效", "ended"),
        ("Inactive", "ended"),
        ("宣告专利权全部无效", "invalidated"),
        ("专利权部分无效宣告", "in_force"),
        ("Revoked", "invalidated"),
        ("未缴年费终止失效", "lapsed"),
        ("未缴年费专利权终止", "lapsed"),
        ("专利权的终止", "lapsed"),
        ("放弃", "lapsed"),
        ("Expired - Fee Related", "lapsed"),
        ("Not-in-force", "ended"),
        ("期限届满", "expired"),
        ("专利权有效期届满", "expired"),
        ("Expired", "expired"),
        ("视为撤回", "withdrawn"),
        ("发明专利申请公布后的视为撤回", "withdrawn"),
        ("驳回", "withdrawn"),
        ("Abandoned", "withdrawn"),
        ("放弃专利权", "lapsed"),
        ("权利恢复", "in_force"),
        ("", ""),
        ("著录事项变更", ""),
        ("专利申请权、专利权的转移", ""),
    ],
)
def test_words_of_sources_are_understood(text, meaning):
    assert classify(text) == meaning


def cn(**told) -> Known:
    base = {"office": "CN", "kind": "invention", "filed_on": date(2019, 6, 18), "expires_on": date(2039, 6, 18)}
    return Known(**{**base, **told})


@pytest.mark.parametrize(
    ("known", "status_", "basis"),
    [
        (cn(granted_on=date(2021, 3, 23)), "in_force", "granted_no_end_known"),
        (cn(granted_on=date(2021, 3, 23), words=[Word("有效", TODAY)]), "in_force", "office_said"),
        (cn(words=[Word("审中", date(2026, 1, 1))]), "pending", "office_said"),
        (cn(), "pending", "filed_no_end_known"),
        (cn(filed_on=date(2010, 1, 1), expires_on=date(2030, 1, 1)), "unknown", "long_silent"),
        (cn(granted_on=date(2021, 3, 23), words=[Word("未缴年费终止", date(2025, 1, 1))]), "lapsed", "office_said"),
        (
            cn(granted_on=date(2021, 3, 23), words=[Word("宣告全部无效", date(2025, 1, 1))]),
            "invalidated",
            "office_said",
        ),
        (cn(words=[Word("视为撤回", date(2025, 1, 1))]), "withdrawn", "office_said"),
        (cn(words=[Word("无效", date(2025, 1, 1))]), "withdrawn", "office_said"),
        (cn(granted_on=date(2021, 3, 23), words=[Word("无效", date(2025, 1, 1))]), "lapsed", "office_said"),
        (
            cn(filed_on=date(2000, 1, 1), expires_on=date(2020, 1, 1), granted_on=date(2003, 1, 1)),
            "expired",
            "term_over",
        ),
        (Known(office="US", kind="invention"), "unknown", "nothing_known"),
        (Known(office="WO", filed_on=date(2025, 1, 1)), "pending", "international_phase"),
        (Known(office="WO", filed_on=date(2020, 1, 1)), "unknown", "international_phase_over"),
        # a newer word beats an older one
        (
            cn(
                granted_on=date(2021, 3, 23),
                words=[Word("未缴年费终止", date(2024, 8, 1)), Word("权利恢复", date(2025, 1, 1))],
            ),
            "in_force",
            "office_said",
        ),
        # a word of tomorrow is not known today
        (
            cn(granted_on=date(2021, 3, 23), words=[Word("未缴年费终止", date(2027, 1, 1))]),
            "in_force",
            "granted_no_end_known",
        ),
    ],
)
def test_status_is_derived(known, status_, basis):
    found = derive(known, TODAY, DAYS)
    assert (found.status, found.basis) == (status_, basis)


@pytest.mark.rule("FEE-GRACE")
def test_an_unpaid_annuity_leads_into_grace_and_then_out_of_force():
    known = cn(granted_on=date(2021, 3, 23), paid={7: date(2025, 5, 1)})
    # year 8 falls due on 2026-06-18, a working day; the grace period ends six months later, a Friday
    assert derive(known, date(2026, 6, 18), DAYS).status == "in_force"
    in_grace = derive(known, date(2026, 6, 19), DAYS)
    assert (in_grace.status, in_grace.next_change_on) == ("in_grace", date(2026, 12, 19))
    assert derive(known, date(2026, 12, 18), DAYS).status == "in_grace"
    assert derive(known, date(2026, 12, 19), DAYS).status == "lapsed"


def test_an_office_that_says_in_force_after_the_grace_period_is_believed():
    known = cn(granted_on=date(2021, 3, 23), paid={5: date(2023, 5, 1)}, words=[Word("有效", date(2026, 10, 1))])
    assert derive(known, TODAY, DAYS).status == "in_force"


dates = st.dates(date(1990, 1, 1), date(2045, 12, 31))
maybe = st.none() | dates
knowns = st.builds(
    Known,
    office=st.sampled_from(["CN", "US", "WO", "EP"]),
    kind=st.sampled_from(["invention", "utility_model", "design"]),
    filed_on=maybe,
    published_on=maybe,
    granted_on=maybe,
    expires_on=maybe,
    priority_on=maybe,
    kind_says_granted=st.booleans(),
    words=st.lists(st.builds(Word, st.sampled_from(["有效", "审中", "终止", "视撤", "无效", "?"]), maybe), max_size=3),
    paid=st.dictionaries(st.integers(2, 20), dates, max_size=3),
)


@given(knowns, st.dates(date(1995, 1, 1), date(2040, 1, 1)))
def test_between_changes_nothing_changes(known, on):
    """Without news the status of a day holds until the day named as the next change."""
    found = derive(known, on, DAYS)
    assert found.next_change_on is None or found.next_change_on > on
    end = found.next_change_on or on + timedelta(days=9000)
    for step in (1, (end - on).days // 2, (end - on).days - 1):
        day = on + timedelta(days=max(0, step))
        if on <= day < end:
            assert derive(known, day, DAYS).status == found.status, day


@given(st.text(max_size=60))
def test_any_text_is_classified_without_fail(text):
    assert classify(text) in {
        "",
        status.PENDING,
        status.IN_FORCE,
        status.LAPSED,
        status.EXPIRED,
        status.INVALIDATED,
        status.WITHDRAWN,
        status.ENDED,
    }
