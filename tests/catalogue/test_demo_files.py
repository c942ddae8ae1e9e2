"""The demo files agree with each other and with the rules the site enforces: a loader may trust every reference."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from listings.patents import numbers

ROOT = Path(__file__).resolve().parents[2]
IPC = re.compile(r"[A-H]\d\d[A-Z] \d{1,4}/\d{2,6}")
BOTH = ("title_zh", "title_en")
SUMMARY = (*BOTH, "problem_zh", "problem_en", "benefit_zh", "benefit_en", "applications_zh", "applications_en")
REFERENCE = date(2026, 11, 23)  # the day the sample facts were written for


def rows(path: str) -> list[dict[str, Any]]:
    file = ROOT / path
    if path.endswith(".json"):
        return list(json.loads(file.read_text(encoding="utf-8")))
    content = gzip.decompress(file.read_bytes()) if path.endswith(".gz") else file.read_bytes()
    return [json.loads(line) for line in content.decode("utf-8").split("\n") if line]


ORGANISATIONS = rows("marketplace/accounts/demo/organisations.json")
PEOPLE = rows("marketplace/accounts/demo/people.json")
REGIONS = rows("marketplace/accounts/demo/regions.json")
PATENTS = rows("listings/patents/demo/sample_patents.jsonl")
LISTINGS = rows("listings/catalogue/demo/listings.json")
NEEDS = rows("listings/catalogue/demo/needs.json")
NASA = rows("listings/patents/demo/nasa.jsonl.gz")
NASA_LISTINGS = rows("listings/catalogue/demo/nasa_listings.jsonl.gz")
ORGANISATION = {row["key"]: row for row in ORGANISATIONS}
PATENT = {row["key"]: row for row in PATENTS}


def uscc_fits(code: str) -> bool:
    """GB 32100: weights 3^(i-1) mod 31 over 31 characters."""
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(letters.index(char) * pow(3, place, 31) for place, char in enumerate(code[:17]))
    return letters[(31 - total % 31) % 31] == code[17]


def test_credit_codes_fit_except_the_early_one() -> None:
    codes = {row["key"]: row["uscc"] for row in ORGANISATIONS if row["uscc"]}
    assert len(set(codes.values())) == len(codes) > 15
    assert [key for key, code in codes.items() if not uscc_fits(code)] == ["yanshi"]


def test_organisations_and_people_refer_to_what_exists() -> None:
    regions = {row["code"] for row in REGIONS}
    assert all(not row["parent"] or row["parent"] in regions for row in REGIONS)
    assert all(row["region"] in regions for row in ORGANISATIONS)
    owned = {person["organisation"] for person in PEOPLE if "owner" in person["roles"]}
    assert owned == set(ORGANISATION) - {"nasa"}
    assert {role for person in PEOPLE for role in person["roles"]} == {
        "owner", "staff", "finance", "signatory", "appraiser", "reviewer", "approver", "post_loan_officer",
        "head_of_credit", "read_only",
    }  # fmt: skip
    assert max(Counter(person["email"] for person in PEOPLE).values()) == 1
    assert all(person["email"].endswith(".example") for person in PEOPLE)


@pytest.mark.parametrize("row", PATENTS, ids=lambda row: row["key"])
def test_sample_patent(row: dict[str, Any]) -> None:
    parsed = numbers.parse("CN" + row["application_number"])  # raises on a wrong check digit
    assert parsed.canonical == row["application_number"]
    assert row["application_number"][5] == "9", "serials of samples lie where no real ones do"
    filed, published = date.fromisoformat(row["filed_on"]), date.fromisoformat(row["published_on"])
    assert filed < published <= REFERENCE
    if row["granted_on"]:
        assert published <= date.fromisoformat(row["granted_on"]) < REFERENCE
    assert (row["granted_on"] is None) == (row["expected_status"] == "pending")
    assert all(IPC.fullmatch(symbol) for symbol in row["ipc"]) and (row["ipc"] or row["locarno"])
    assert all(row[name].strip() for name in (*BOTH, "abstract_zh", "abstract_en"))
    for role in ("applicant", "owner"):
        shares = [int(party["share"].removesuffix("/100")) for party in row["parties"] if party["role"] == role]
        assert sum(shares) == (100 if shares else 0)
    assert all(party["organisation"] in ORGANISATION for party in row["parties"] if party["role"] != "inventor")
    days = [event["on"] for event in row["events"]]
    assert days == sorted(days) and days[0] == row["filed_on"] and days[-1] <= REFERENCE.isoformat()
    years = [paid["year"] for paid in row["annuities"]]
    assert years == list(range(years[0], years[0] + len(years))) if years else row["granted_on"] is None


def test_samples_do_not_repeat() -> None:
    for name in ("key", "application_number", "publication_number", "abstract_zh"):
        assert max(Counter(row[name] for row in PATENTS).values()) == 1, name


def test_spreadsheet_holds_the_same_patents() -> None:
    with (ROOT / "listings/patents/demo/sample_patents.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert [line["申请号"] for line in table] == ["CN" + row["application_number"] for row in PATENTS]


@pytest.mark.parametrize("row", LISTINGS, ids=lambda row: row["key"])
def test_listing(row: dict[str, Any]) -> None:
    patents = [PATENT[key] for key in row["patents"]]
    status = {patent["expected_status"] for patent in patents}
    assert row["organisation"] in ORGANISATION and all(row[name].strip("。. ") for name in SUMMARY)
    if row["state"] in {"published", "reserved"}:
        assert status <= {"in_force", "pending"} and row["published_days_ago"] < row["valid_for_days"]
    if "pending" in status:
        assert "申请中" in row["title_zh"] and "pending" in row["title_en"]
        assert "专利" not in row["title_zh"], "an application is not called a patent"
    if row["mode"] == "open":
        assert status == {"in_force"} and row["price_mode"] == "fixed"
        assert all(patent["kind"] == "invention" or patent["has_evaluation_report"] for patent in patents)
    if row["state"] in {"returned", "suspended", "withdrawn"}:
        assert row["state_reason_zh"] and row["state_reason_en"]


def test_no_right_is_offered_twice_in_ways_that_exclude_each_other() -> None:
    offers: dict[str, list[str]] = {}
    for row in LISTINGS:
        if row["state"] in {"published", "reserved"}:
            for key in row["patents"]:
                offers.setdefault(key, []).append(row["mode"])
    alone = {"exclusive", "sole", "disposal"}
    assert [key for key, modes in offers.items() if len(modes) > 1 and alone & set(modes)] == []


def test_needs_are_whole() -> None:
    for row in NEEDS:
        assert row["organisation"] in ORGANISATION and row["deadline_in_days"] > 0
        assert all(IPC.fullmatch(symbol) for symbol in row["ipc_hints"])
        for name in ("title", "problem", "requirements"):
            assert row[f"{name}_zh"] and row[f"{name}_en"], (row["key"], name)
        assert row["is_anonymous"] == (row["confidentiality"] == "confidential")


def test_nasa_rows_are_plausible_and_attributed() -> None:
    assert max(Counter(row["grant_number"] for row in NASA).values()) == 1
    assert all(re.fullmatch(r"\d{7}|RE\d{5}", row["grant_number"]) for row in NASA)
    assert sum(bool(row["title_zh"]) for row in NASA) >= 120
    assert all(row["as_of"] == "2014-10-31" and row["title_en"] and row["abstract_en"] for row in NASA)
    marks = re.compile(r"&\w+;|\.(sub|sup|degree)\.")
    assert not [row["key"] for row in NASA if marks.search(row["title_en"] + row["abstract_en"])]
    assert {number for row in NASA_LISTINGS for number in row["patents"]} == {row["grant_number"] for row in NASA}
    assert all("2014-10-31" in row["source_note_zh"] and "2014-10-31" in row["source_note_en"] for row in NASA_LISTINGS)
