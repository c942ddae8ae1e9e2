"""The demo's entries agree with the demo's patents and organisations, and with the law the register enforces."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from listings.rights.demo_data import HERE, PATENTS
from listings.rights.states import EndReason, EntryKind, ExportCategory, LicenceType
from marketplace.accounts import demo as people
from marketplace.core.workdays import months_after

ROWS = json.loads((HERE / "entries.json").read_text(encoding="utf-8"))
LINES = Path(PATENTS).read_text(encoding="utf-8").splitlines()
RIGHTS = {row["key"]: row for row in map(json.loads, LINES)}
FIRMS = {row["key"] for row in people.told("organisations")}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['patent']}-{row['kind']}-{row['starts_on']}")
def test_an_entry_of_the_demo_could_stand_in_a_register(row):
    right = RIGHTS[row["patent"]]
    starts_on, ends_on = date.fromisoformat(row["starts_on"]), row.get("ends_on")

    assert row["kind"] in EntryKind.values and (row.get("party", next(iter(FIRMS))) in FIRMS)
    assert starts_on.isoformat() >= right["filed_on"]
    assert row["kind"] == EntryKind.SERVICE_INVENTION or starts_on.isoformat() >= right["granted_on"]
    if ends_on:
        assert row["starts_on"] < ends_on and (not right["expires_on"] or ends_on < right["expires_on"])
    if row["kind"] == EntryKind.PRESERVATION:
        assert date.fromisoformat(ends_on) <= months_after(starts_on, 6)
    if row["kind"] == EntryKind.LICENCE:
        assert row["licence_type"] in LicenceType.values
    assert row.get("export_category", "free") in ExportCategory.values
    assert row.get("end_reason", "released") in EndReason.values


def test_pledges_and_declarations_of_the_demo_are_those_the_office_published():
    told = {
        (key, event["on"]): event["text_zh"]
        for key, right in RIGHTS.items()
        for event in right["events"]
        if event["on"]
    }
    for (key, on), text in told.items():
        kind = {"质押合同登记生效": EntryKind.PLEDGE, "开放许可声明公告": EntryKind.OPEN_DECLARATION}
        for words, meant in kind.items():
            if words in text:
                assert any((row["patent"], row["kind"], row["starts_on"]) == (key, meant, on) for row in ROWS), (
                    f"{key} {on} {text}"
                )
