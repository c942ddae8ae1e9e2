"""The contract of `manage.py import_patents`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from listings.patents.management.commands import import_patents
from tests.patents.conftest import a_row, cn

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_follower(monkeypatch):
    """The follower would open the development database; following is tested with the relay."""
    from contextlib import nullcontext

    monkeypatch.setattr(import_patents, "beside", nullcontext)


def run(*args: object) -> tuple[dict, str, int]:
    out, err, code = StringIO(), StringIO(), 0
    try:
        call_command("import_patents", *map(str, args), "--json", stdout=out, stderr=err)
    except SystemExit as end:
        code = int(end.code or 0)
    return json.loads(out.getvalue()), err.getvalue(), code


def test_the_answer_is_one_json_document_with_these_names(sheet):
    answer, _err, code = run(sheet([a_row(1), a_row(1)]))
    assert code == 0
    assert list(answer) == ["files", "records", "created", "updated", "unchanged", "rejected", "not_patents"]
    assert (answer["files"], answer["records"], answer["created"], answer["unchanged"]) == (1, 2, 1, 1)


def test_rejections_name_file_line_number_and_reason_and_fail_the_command(sheet):
    wrong, right = a_row(2), cn("201910000002")
    given = "1" if wrong[0][-1] != "1" else "2"
    wrong[0] = wrong[0][:-1] + given
    path = sheet([a_row(1), wrong])
    answer, _err, code = run(path)
    assert code == 1
    assert answer["rejected"] == [
        {
            "file": str(path),
            "line": 3,
            "number": wrong[0],
            "reason": f"Check digit does not fit: the last digit should be {right[-1]}, you typed {given}.",
        }
    ]
    assert answer["records"] == answer["created"] + answer["updated"] + answer["unchanged"] + len(answer["rejected"])


def test_reasons_can_be_had_in_chinese(sheet):
    answer, _err, _code = run(sheet([a_row(1, 申请日="昨天")]), "--language", "zh-hans")
    assert "昨天" in answer["rejected"][0]["reason"]
    assert "日期" in answer["rejected"][0]["reason"]


def test_folders_are_walked_and_files_without_patents_named(tmp_path: Path, sheet):
    sheet([a_row(1)])
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "notes.txt").write_text("nothing here", encoding="utf-8")
    answer, err, code = run(tmp_path)
    assert (code, answer["files"], answer["created"]) == (0, 2, 1)
    assert answer["not_patents"] == [{"file": str(deep / "notes.txt"), "what": "unknown_format"}]
    assert "notes.txt" in err


def test_strict_refuses_the_whole_file(sheet):
    answer, _err, code = run(sheet([a_row(1), a_row(2, 申请日="昨天")]), "--strict")
    assert (code, answer["created"], len(answer["rejected"])) == (1, 0, 2)


def test_a_path_that_is_not_there_is_said_so():
    with pytest.raises(CommandError, match="No such file") as refused:
        call_command("import_patents", "/nowhere/at/all.csv")
    assert refused.value.returncode == 2


def test_a_bomb_is_refused_in_words(tmp_path: Path):
    import zipfile

    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * 200_000_000)
    answer, _err, code = run(path)
    assert code == 1
    assert len(answer["rejected"]) == 1
    assert "unpacks to far more" in answer["rejected"][0]["reason"]


def test_help_needs_no_database():
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    done = subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "import_patents", "--help"],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0
    assert "--strict" in done.stdout
