"""Rubrics as versioned data: read from files, kept as rows, weighed into one figure of a hundred.

Three levels: firsts carry weights per purpose, seconds and thirds weights within their parent, all in whole percents.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from marketplace.accounts.models import in_language
from marketplace.core import clock
from valuation.models import Rubric

FOLDER = Path(__file__).resolve().parent.parent / "rubrics"
CURRENT = "gbt42748-2023"
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Indicator:
    """A third-level indicator with its way up."""

    code: str
    name_zh: str
    name_en: str
    is_computed: bool
    first: str
    second: str
    share: Decimal
    """Its part of its first, 0 to 1."""

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)


class RubricWrong(ValueError):
    """A rubric file whose weights or counts do not fit; nothing is read of it."""


@cache
def _files() -> tuple[tuple[dict[str, Any], str], ...]:
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        raw = path.read_bytes()
        data = json.loads(raw)
        check(data)
        found.append((data, hashlib.sha256(raw).hexdigest()))
    return tuple(found)


def check(data: Mapping[str, Any]) -> None:
    """Raises RubricWrong unless every set of weights makes 100 and no code stands twice."""
    for purpose, weights in data["weights_of_firsts"].items():
        if sum(weights.values()) != 100 or set(weights) != {one["code"] for one in data["firsts"]}:
            raise RubricWrong(f"weights for {purpose}")
    for first in data["firsts"]:
        if sum(one["weight"] for one in first["seconds"]) != 100:
            raise RubricWrong(f"weights within {first['code']}")
        for second in first["seconds"]:
            if sum(one["weight"] for one in second["thirds"]) != 100:
                raise RubricWrong(f"weights within {second['code']}")
    codes = [one.code for one in indicators(data)]
    if len(codes) != len(set(codes)):
        raise RubricWrong("a code stands twice")


def indicators(data: Mapping[str, Any]) -> Iterator[Indicator]:
    """Every third-level indicator in the order of the rubric."""
    for first in data["firsts"]:
        for second in first["seconds"]:
            for third in second["thirds"]:
                share = Decimal(second["weight"] * third["weight"]) / 10000
                yield Indicator(
                    third["code"], third["zh"], third["en"], third["computed"], first["code"], second["code"], share
                )


def names_of(code: str, version: str) -> dict[str, tuple[str, str]]:
    """{indicator: (Chinese, English)} of a version that has a file; empty for one that has none any more."""
    for data, _digest in _files():
        if (data["code"], data["version"]) == (code, version):
            return {one.code: (one.name_zh, one.name_en) for one in indicators(data)}
    return {}


@transaction.atomic
def current() -> Rubric:
    """The newest version of the rubric in use, kept as a row at first use."""
    row: Rubric | None = None
    for data, digest in _files():
        if data["code"] != CURRENT:
            continue
        row, _made = Rubric.objects.get_or_create(
            code=data["code"],
            version=data["version"],
            defaults={
                "data": data,
                "sha256": digest,
                "is_verified": data["is_verified"],
                "read_at": clock.now(),
            },
        )
    if row is None:
        raise RubricWrong(f"no file of {CURRENT} in {FOLDER.name}")
    return row


@dataclass(frozen=True, slots=True)
class Weighed:
    """A first-level part: points of 100 over what was scored, and how much of it (in percent) was."""

    code: str
    name: str
    weight_pct: int
    points: Decimal | None
    scored_pct: Decimal


def weigh(data: Mapping[str, Any], points: Mapping[str, Decimal], purpose: str) -> tuple[list[Weighed], Decimal | None]:
    """(the firsts, the whole) for scores by indicator code. What nobody scored counts neither for nor against; the
    whole is None until every first has a score."""
    firsts, total = [], Decimal(0)
    weights = data["weights_of_firsts"][purpose]
    for first in data["firsts"]:
        known = [one for one in indicators(data) if one.first == first["code"] and one.code in points]
        covered = sum((one.share for one in known), Decimal(0))
        got = sum((points[one.code] * one.share for one in known), Decimal(0)) / covered if covered else None
        if got is not None:
            total += got * weights[first["code"]] / 100
        firsts.append(
            Weighed(
                code=first["code"],
                name=in_language(first["zh"], first["en"]),
                weight_pct=weights[first["code"]],
                points=got.quantize(_TENTH, ROUND_HALF_UP) if got is not None else None,
                scored_pct=(covered * 100).quantize(_TENTH, ROUND_HALF_UP),
            )
        )
    whole = total.quantize(_TENTH, ROUND_HALF_UP) if all(one.points is not None for one in firsts) else None
    return firsts, whole


def by_second(data: Mapping[str, Any], points: Mapping[str, Decimal]) -> list[tuple[str, Decimal | None]]:
    """(name, points) of every second-level group over what was scored in it; None where nothing was."""
    found = []
    for first in data["firsts"]:
        for second in first["seconds"]:
            known = [(one["weight"], points[one["code"]]) for one in second["thirds"] if one["code"] in points]
            weight = sum(share for share, _value in known)
            got = (sum((value * share for share, value in known), Decimal(0)) / weight) if weight else None
            name = in_language(second["zh"], second["en"])
            found.append((name, got.quantize(_TENTH, ROUND_HALF_UP) if got is not None else None))
    return found
