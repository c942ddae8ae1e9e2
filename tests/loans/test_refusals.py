"""What cannot be taken is refused with a code, the field's path, and a sentence in both languages."""

import io
import json
import sys

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from loans.schedule.entry import answer, answer_text

CONVENTION = {"day_count": "30E/360", "method": "EQUAL_INSTALMENT"}
INPUT = {"principal": "120000.00", "annual_rate_pct": "6", "start": "2026-01-15", "count": 12, "frequency": "MONTH"}
TRANCHES = [{"date": "2026-01-15", "amount": "100000"}, {"date": "2026-03-15", "amount": "20000"}]
FIXED = {**CONVENTION, "method": "FIXED_INSTALMENT"}


def asked(convention, changes):
    given = {key: value for key, value in {**INPUT, **changes}.items() if value != "leave out"}
    return answer({"convention": convention, "input": given})


@pytest.mark.parametrize(
    ("convention", "changes", "code", "field"),
    [
        ({}, {}, "missing", "convention.method"),
        ({"method": "EQUAL_INSTALMENT"}, {}, "missing", "convention.day_count"),
        ({**CONVENTION, "method": "BALLOON"}, {}, "unknown_value", "convention.method"),
        ({**CONVENTION, "day_count": "ACT/364"}, {}, "unknown_value", "convention.day_count"),
        ({**CONVENTION, "interest_rounding": "DOWN"}, {}, "unknown_value", "convention.interest_rounding"),
        ({**CONVENTION, "instalment_rounding": []}, {}, "unknown_value", "convention.instalment_rounding"),
        ({**CONVENTION, "broken_period": "WEEK"}, {}, "unknown_value", "convention.broken_period"),
        ({**CONVENTION, "unit": "0"}, {}, "out_of_range", "convention.unit"),
        ({**CONVENTION, "unit": "x"}, {}, "not_a_number", "convention.unit"),
        (CONVENTION, {"principal": "leave out"}, "missing", "input.principal"),
        (CONVENTION, {"principal": "-1"}, "out_of_range", "input.principal"),
        (CONVENTION, {"principal": "0"}, "out_of_range", "input.principal"),
        (CONVENTION, {"principal": "NaN"}, "not_a_number", "input.principal"),
        (CONVENTION, {"principal": "1_000"}, "not_a_number", "input.principal"),
        (CONVENTION, {"principal": True}, "not_a_number", "input.principal"),
        (CONVENTION, {"principal": "10.005"}, "too_fine", "input.principal"),
        (CONVENTION, {"principal": "99999999999999999"}, "out_of_range", "input.principal"),
        (CONVENTION, {"annual_rate_pct": "leave out"}, "missing", "input.annual_rate_pct"),
        (CONVENTION, {"annual_rate_pct": "-0.1"}, "out_of_range", "input.annual_rate_pct"),
        ({**CONVENTION, "day_count": "per-period rate"}, {}, "missing", "input.period_rate_pct"),
        ({**CONVENTION, "day_count": "none"}, {}, "contradiction", "input.annual_rate_pct"),
        (CONVENTION, {"start": "leave out"}, "missing", "input.start"),
        (CONVENTION, {"start": "2026-02-30"}, "not_a_date", "input.start"),
        (CONVENTION, {"start": "20260130"}, "not_a_date", "input.start"),
        (CONVENTION, {"start": "0001-01-01"}, "not_a_date", "input.start"),
        (CONVENTION, {"count": "leave out"}, "missing", "input.count"),
        (CONVENTION, {"count": 0}, "out_of_range", "input.count"),
        (CONVENTION, {"count": 1201}, "out_of_range", "input.count"),
        (CONVENTION, {"count": "1.5"}, "not_whole", "input.count"),
        (CONVENTION, {"count": "leave out", "maturity": "2026-01-15"}, "out_of_order", "input.maturity"),
        (CONVENTION, {"first_due": "2026-01-15"}, "out_of_order", "input.first_due"),
        (CONVENTION, {"frequency": "FORTNIGHT"}, "unknown_value", "input.frequency"),
        (CONVENTION, {"frequency": "0 MONTHS"}, "out_of_range", "input.frequency"),
        (CONVENTION, {"frequency": "1200 MONTHS"}, "too_many_rows", "input.count"),
        (CONVENTION, {"principal_grace_periods": 12}, "no_row_left", "input.principal_grace_periods"),
        (CONVENTION, {"principal_grace_periods": -1}, "out_of_range", "input.principal_grace_periods"),
        (CONVENTION, {"disbursements": TRANCHES, "principal": "1"}, "contradiction", "input.principal"),
        (
            CONVENTION,
            {"disbursements": [{"date": "2026-01-15"}], "principal": None},
            "missing",
            "input.disbursements[0].amount",
        ),
        (
            CONVENTION,
            {"disbursements": [TRANCHES[0], {"date": "2027-01-15", "amount": "20000"}]},
            "out_of_order",
            "input.disbursements[1].date",
        ),
        (CONVENTION, {"due_dates": ["2026-02-15", "2026-02-15"], "count": 2}, "out_of_order", "input.due_dates[1]"),
        (CONVENTION, {"due_dates": ["2026-02-15"]}, "contradiction", "input.count"),
        (
            CONVENTION,
            {"periods": [{"from": "2026-01-15", "due": "2026-02-15"}, {"from": "2026-02-16", "due": "2026-03-15"}]},
            "contradiction",
            "input.periods[1].from",
        ),
        (CONVENTION, {"rate_factors": ["1.01", "0.01"], "count": 2}, "contradiction", "input.rate_factors[1]"),
        (CONVENTION, {"rate_factors": ["1.01"]}, "contradiction", "input.rate_factors"),
        (FIXED, {}, "missing", "input.instalment"),
        (FIXED, {"instalment": "599.99"}, "instalment_too_small", "input.instalment"),
        (FIXED, {"instalment": "600", "count": "leave out"}, "instalment_too_small", "input.instalment"),
        (FIXED, {"instalment": "600.01", "count": "leave out"}, "too_many_rows", "input.instalment"),
    ],
)
def test_a_refusal_names_its_code_and_its_field(convention, changes, code, field):
    error = asked(convention, changes)["error"]
    assert (error["code"], error["field"]) == (code, field)
    assert error["message"] == error["message_zh"] != error["message_en"]
    assert "%(" not in error["message_zh"] + error["message_en"] + error["remedy_zh"] + error["remedy_en"]


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "null", "3", '"x"', "[" * 100_000, b"\xff\xfe", "{}"])
def test_a_line_that_is_no_request_is_answered_in_its_place(text):
    error = answer_text(text)["error"]
    assert error["code"] == ("missing" if text == "{}" else "not_readable")


def lines(*requests):
    return "\n".join(one if isinstance(one, str) else json.dumps(one) for one in requests) + "\n"


def test_the_command_answers_line_by_line_and_goes_on_after_a_bad_one(tmp_path, capsys, monkeypatch):
    good = {"convention": CONVENTION, "input": INPUT}
    text = lines(good, "nonsense", "", {"convention": CONVENTION, "input": {}}, good)
    file = tmp_path / "loans.jsonl"
    file.write_text(text, encoding="utf-8")
    call_command("loan_schedule", str(file))
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert ["rows" in one for one in answers] == [True, False, False, False, True]
    assert [one["error"]["code"] for one in answers[1:4]] == ["not_readable", "not_readable", "missing"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    call_command("loan_schedule")
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == answers


def test_the_command_needs_no_server():
    from marketplace.embedded.commands import NEED_NO_SERVERS

    assert "loan_schedule" in NEED_NO_SERVERS


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(
        ["2026-01-31", "0.01", "MONTH", "3 MONTHS", "14 DAYS", "12", "1e5", "1E-7", "Infinity", "9" * 41]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["date", "amount", "due"]), inner),
    max_leaves=6,
)  # fmt: skip
KEYS = (
    "principal", "annual_rate_pct", "period_rate_pct", "rate_factors", "start", "count", "maturity", "first_due",
    "frequency", "periods", "due_dates", "principal_grace_periods", "interest_grace_periods", "disbursements",
    "instalment",
)  # fmt: skip
OF_CONVENTION = ("day_count", "method", "interest_rounding", "instalment_rounding", "unit", "broken_period")


@settings(max_examples=400, deadline=None)
@given(
    st.dictionaries(st.sampled_from(KEYS), json_values, max_size=4),
    st.dictionaries(st.sampled_from(OF_CONVENTION), json_values, max_size=1),
    st.sampled_from(
        ["EQUAL_INSTALMENT", "EQUAL_PRINCIPAL", "INTEREST_ONLY_BULLET", "SINGLE_PAYMENT", "FIXED_INSTALMENT"]
    ),
)
def test_whatever_is_sent_is_answered_with_rows_or_a_refusal(changes, odd, method):
    request = {
        "convention": {**CONVENTION, "method": method, **odd},
        "input": {**INPUT, "instalment": "20000", **changes},
    }
    assert set(answer(request)) in ({"rows", "totals"}, {"error"})


def test_the_api_answers_as_the_command_does(client):
    body = {"convention": CONVENTION, "input": INPUT}
    response = client.post("/api/v1/loans/schedule/", body, content_type="application/json")
    assert response.status_code == 200
    assert response.json() == answer(body)
    refused = client.post("/api/v1/loans/schedule/", {"convention": CONVENTION}, content_type="application/json")
    assert refused.status_code == 422
    assert refused.json()["error"]["field"] == "input"
    assert client.post("/api/v1/loans/schedule/", "[]", content_type="application/json").status_code == 422


def test_a_number_with_a_fraction_is_read_as_it_was_written():
    text = json.dumps({"convention": CONVENTION, "input": {**INPUT, "principal": 120000.1, "annual_rate_pct": 4.35}})
    assert answer_text(text) == asked(CONVENTION, {"principal": "120000.1", "annual_rate_pct": "4.35"})
    assert answer(json.loads(text)) == answer_text(text)
