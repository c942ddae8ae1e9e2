"""The register's part of the demo: invented Chinese rights with their annuities, NASA's portfolio, four real US
documents."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from django.db import transaction

from listings.patents import annuities, presenting
from listings.patents.models import AnnuityPayment, Identifier, Patent
from listings.patents.record import CitationIn, EventIn, PartyIn, PatentIn, RawRecord
from listings.patents.services import holding, importing, statuses
from marketplace.accounts.models import Organisation
from marketplace.core import clock
from marketplace.core.actor import SYSTEM
from marketplace.core.demo import Say

HERE = Path(__file__).parent / "demo"
ORGANISATIONS = Path(__file__).parents[2] / "marketplace" / "accounts" / "demo" / "organisations.json"
NASA_KEY = "nasa"
_TEXTS = (
    "office",
    "kind",
    "application_number",
    "publication_number",
    "kind_code",
    "grant_number",
    "title_zh",
    "title_en",
    "abstract_zh",
    "abstract_en",
    "first_claim",
    "legal_status",
)


def load(say: Say) -> None:
    """Load the demo's rights. Running it again changes nothing but the annuities that have fallen due since."""
    samples = list(_lines(HERE / "sample_patents.jsonl"))
    taken = importing.import_records(
        [_item("sample_patents.jsonl", at, row, _sample(row)) for at, row in enumerate(samples, 1)],
        by=SYSTEM,
        organisation_id=None,
        name="sample_patents.jsonl",
        is_sample=True,
    )
    say(f"sample patents: {taken.records}")
    nasa = list(_lines(HERE / "nasa.jsonl.gz"))
    taken = importing.import_records(
        [_item("nasa.jsonl.gz", at, row, _nasa(row)) for at, row in enumerate(nasa, 1)],
        by=SYSTEM,
        organisation_id=None,
        name="nasa.jsonl.gz",
    )
    say(f"NASA patents: {taken.records}")
    taken = importing.import_paths([HERE / "uspto"], by=SYSTEM)
    say(f"USPTO documents: {taken.records}")
    _hold(samples, nasa)
    _pay(samples)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def _item(file: str, line: int, row: dict[str, Any], record: PatentIn) -> RawRecord:
    return RawRecord(file, line, json.dumps(row, ensure_ascii=False).encode(), record)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _texts(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row.get(name) or "" for name in _TEXTS}


def _sample(row: dict[str, Any]) -> PatentIn:
    return PatentIn(
        source="demo",
        **_texts(row),
        filed_on=_day(row["filed_on"]),
        published_on=_day(row.get("published_on")),
        granted_on=_day(row.get("granted_on")),
        ipc=row.get("ipc") or [],
        locarno=row.get("locarno") or [],
        priority=[(one[0], one[1], _day(one[2])) for one in row.get("priority") or []],
        parties=[
            PartyIn(
                role=one["role"],
                name=one.get("name", ""),
                name_en=one.get("name_en", ""),
                country=one.get("country", ""),
                share=Fraction(one["share"]) if one.get("share") else None,
                sequence=one.get("sequence", 0),
            )
            for one in row["parties"]
        ],
        events=[
            EventIn(
                code=one["code"],
                on=_day(one.get("on")),
                office=one.get("office", "CN"),
                category="",
                text_zh=one.get("text_zh", ""),
                text_en=one.get("text_en", ""),
            )
            for one in row.get("events") or []
        ],
        citations=[
            CitationIn(
                number=one.get("number", ""),
                kind_code=one.get("kind_code", ""),
                office=one.get("office", ""),
                category=one.get("category", ""),
                by=one.get("by", ""),
                text=one.get("text", ""),
            )
            for one in row.get("citations") or []
        ],
        family=row.get("family") or [],
        publications=[(one[0], one[1], one[2], _day(one[3])) for one in row.get("publications") or []],
    )


def _nasa(row: dict[str, Any]) -> PatentIn:
    return PatentIn(
        source="nasa",
        as_of=_day(row["as_of"]),
        **_texts(row),
        expires_on=_day(row.get("expires_on")),
        ipc=row.get("ipc") or [],
        parties=[
            PartyIn(
                role="owner", name="", name_en="National Aeronautics and Space Administration", country="US", sequence=1
            )
        ],
        extras={
            "center": row.get("facility", ""),
            "category": row.get("category", ""),
            "case_reference": row.get("case_reference", ""),
        },
    )


def _assets() -> dict[tuple[str, str], int]:
    return {(one.office, one.number): one.patent_id for one in Identifier.objects.all()}


def _asset_of(row: dict[str, Any], known: dict[tuple[str, str], int]) -> int | None:
    numbers = (row.get("application_number"), row.get("publication_number"), row.get("grant_number"))
    return next((known[row["office"], one] for one in numbers if one and (row["office"], one) in known), None)


def _hold(samples: list[dict[str, Any]], nasa: list[dict[str, Any]]) -> None:
    """Put each right into the hands of the organisation that keeps it in the story."""
    told = json.loads(ORGANISATIONS.read_text(encoding="utf-8"))
    names = {(row["name_zh"], row["name_en"]): row["key"] for row in told}
    ids = {
        names[one.name_zh, one.name_en]: one.pk
        for one in Organisation.objects.all()
        if (one.name_zh, one.name_en) in names
    }
    known = _assets()
    holders = {}
    for row in samples:
        pk = _asset_of(row, known)
        if pk is not None and row.get("holder") in ids:
            holders[pk] = ids[row["holder"]]
    if NASA_KEY in ids:
        holders |= {pk: ids[NASA_KEY] for row in nasa if (pk := _asset_of(row, known)) is not None}
    holding.assign_holders(holders, by=SYSTEM)


def _pay(samples: list[dict[str, Any]]) -> None:
    """Enter the annuities the story says were paid, and those a diligent holder has paid since it was written."""
    known = _assets()
    have = set(AnnuityPayment.objects.values_list("patent_id", "year"))
    changed = set()
    with transaction.atomic():
        for row in samples:
            pk = _asset_of(row, known)
            if pk is None:
                continue
            payments = [
                (one["year"], Decimal(one["amount"]), date.fromisoformat(one["paid_on"]))
                for one in row.get("annuities") or []
            ]
            if row.get("annuity_policy") == "current" and payments:
                payments += _since(row, max(year for year, _amount, _on in payments))
            for year, amount, on in payments:
                if (pk, year) not in have:
                    AnnuityPayment.objects.create(patent_id=pk, year=year, amount=amount, paid_on=on, source="demo")
                    changed.add(pk)
            if row.get("has_evaluation_report"):
                Patent.objects.filter(pk=pk, has_evaluation_report=False).update(has_evaluation_report=True)
    for pk in sorted(changed):
        statuses.refresh(asset_id=pk, by=SYSTEM)


def _since(row: dict[str, Any], paid: int) -> list[tuple[int, Decimal, date]]:
    filed, expires = date.fromisoformat(row["filed_on"]), date.fromisoformat(row["expires_on"])
    found, rates = [], presenting.rates()
    year = paid + 1
    while (due := annuities.due_on(filed, year)) <= min(clock.today(), expires):
        rate = annuities.rate_for(rates, row["kind"], year, due)
        if rate is None:
            break
        found.append((year, rate.amount, due))
        year += 1
    return found
