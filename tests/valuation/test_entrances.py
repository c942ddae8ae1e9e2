"""The command and the API: same questions, same answers, refusals in their places."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from tests.valuation.test_vectors import VECTORS
from valuation.entry import compute

ADDRESS = "/api/v1/valuation/compute/"
GOOD = {"method": "replacement_cost", "input": {"current_cost": 100, "functional": 0.1}}
BAD = {
    "method": "comparable_transactions",
    "input": {"comparables": [{"price": 1, "revenue": -1}], "subject_revenue": 1},
}


def test_the_command_answers_line_by_line_in_order_without_a_database():
    """A process of its own, with addresses of servers that are not there."""
    lines = [json.dumps({"method": one["method"], "input": one["input"]}) for one in VECTORS]
    lines[1:1] = ["", "nonsense", json.dumps(BAD)]
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none", "REDIS_URL": "redis://127.0.0.1:9/0"}
    done = subprocess.run(
        [sys.executable, "manage.py", "valuate", "--lang", "en"],
        cwd=settings.BASE_DIR,
        env={**os.environ, **nowhere},
        input="\n".join(lines).encode(),
        capture_output=True,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert len(answers) == len(lines)
    assert [one.get("error", {}).get("code") for one in answers] == [
        None,
        "not_json",
        "not_json",
        "out_of_range",
        None,
        None,
    ]
    assert [one["value"] for one in answers if "value" in one] == [one["expected"]["value"] for one in VECTORS]
    assert answers[3]["error"]["field"] == "comparables[0].revenue"
    assert answers[1]["error"]["message"].startswith("This line")
    assert not done.stderr


def test_the_command_reads_a_file_and_speaks_chinese_unless_told(tmp_path: Path):
    source = tmp_path / "questions.jsonl"
    source.write_text(json.dumps(GOOD) + "\n" + json.dumps(BAD) + "\n", encoding="utf-8")
    out = io.StringIO()
    call_command("valuate", str(source), stdout=out)
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert first == compute(GOOD["method"], GOOD["input"])
    assert "范围" in second["error"]["message"]


def test_a_missing_file_is_told(tmp_path: Path):
    with pytest.raises(CommandError):
        call_command("valuate", str(tmp_path / "none"))


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path, monkeypatch):
    from valuation.management.commands import valuate

    monkeypatch.setattr(valuate, "MOST_LINE_BYTES", 100)
    lines = list(valuate.lines(io.BytesIO(b"x" * 1000 + b"\n" + b"{}\n" + b"y" * 100)))
    assert [len(line) for line in lines] == [100, 3, 100]


@pytest.fixture
def ask(client, db):
    def ask(body: object):
        return client.post(ADDRESS, data=json.dumps(body), content_type="application/json")

    return ask


def test_one_question_has_one_answer(ask):
    answer = ask(GOOD)
    assert (answer.status_code, answer.json()) == (200, compute(GOOD["method"], GOOD["input"]))


def test_one_refusal_is_422_in_both_languages(ask):
    answer = ask(BAD)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (422, "out_of_range", "comparables[0].revenue")
    assert error["message_zh"] != error["message_en"]


def test_a_list_has_answers_in_order_with_refusals_in_their_places(ask):
    answers = ask([GOOD, BAD, 3, GOOD]).json()
    assert [one.get("value") for one in answers] == ["90.00", None, None, "90.00"]
    assert [one["error"]["code"] for one in answers if "error" in one] == ["out_of_range", "not_an_object"]


def test_a_request_has_bounds(ask):
    assert ask([GOOD] * 101).json()["error"]["code"] == "too_many_questions"
    drawn = {"method": "monte_carlo", "input": {**GOOD["input"], "of": "replacement_cost", "draws": 1_500_000}}
    first, second = ask([drawn, drawn]).json()
    assert first["draws"] == 1_500_000
    assert (second["error"]["code"], second["error"]["field"]) == ("out_of_range", "draws")


@pytest.mark.parametrize("body", ["", "{", "[", "3", "null", '"x"', "{}"])
def test_whatever_is_sent_is_refused_politely(client, db, body):
    answer = client.post(ADDRESS, data=body, content_type="application/json")
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["code"]


def test_strangers_are_slowed_down(ask):
    codes = [ask(GOOD).status_code for _ in range(14)]
    assert codes[:12] == [200] * 12 and codes[-1] == 429
