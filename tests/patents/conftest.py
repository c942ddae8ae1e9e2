"""Holders of patents, and small files to import."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from marketplace.accounts.graphs import ORGANISATION_GRAPH
from marketplace.accounts.models import Membership, Organisation, User
from marketplace.accounts.roles import Kind, Role
from marketplace.accounts.services import organisations  # noqa: F401 - the service rooms must import
from marketplace.core import clock, lifecycle
from marketplace.core.actor import SYSTEM, Actor

FLUORO = "云澜氟材科技有限公司"
HEAD = "申请号,公开（公告）号,专利名称,摘要,申请（专利权）人,发明（设计）人,IPC主分类号,申请日,授权日,法律状态,专利类型".split(",")


def cn(body: str) -> str:
    """A Chinese application number with its check digit."""
    from listings.patents.numbers import check_digit

    return f"{body}.{check_digit(body)}"


def a_row(serial: int, **cells: str) -> list[str]:
    """One sound row of a Chinese spreadsheet."""
    told = {
        "申请号": cn(f"20191{serial:07d}"),
        "公开（公告）号": f"CN{199000000 + serial}B",
        "专利名称": f"一种含氟聚合物膜 {serial}",
        "摘要": "一种电解质膜，厚度均匀。",
        "申请（专利权）人": FLUORO,
        "发明（设计）人": "张三;李四",
        "IPC主分类号": "C08J 5/22",
        "申请日": "2019-06-18",
        "授权日": "2021-03-23",
        "法律状态": "有效",
        "专利类型": "发明",
    }
    told.update(cells)
    return [told[name] for name in HEAD]


def csv_bytes(rows: Sequence[Sequence[str]], head: Sequence[str] = HEAD) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([head, *rows])
    return out.getvalue().encode("utf-8-sig")


@pytest.fixture
def sheet(tmp_path: Path) -> Callable[..., Path]:
    """Writes a spreadsheet of rows and returns its path."""

    def write(rows: Sequence[Sequence[str]], name: str = "patents.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(csv_bytes(rows))
        return path

    return write


def an_organisation(name_zh: str, name_en: str = "", kind: str = Kind.ENTERPRISE) -> Organisation:
    row = Organisation(kind=kind, name_zh=name_zh, name_en=name_en, verified_at=clock.now())
    from django.db import transaction

    with transaction.atomic():
        lifecycle.begin(ORGANISATION_GRAPH, row, by=SYSTEM)
    return row


def a_member(organisation: Organisation, email: str, *roles: str) -> User:
    user = User.objects.create_user(email, "long enough 12", name=email.split("@")[0])
    Membership.objects.create(user=user, organisation=organisation, roles=list(roles) or [Role.OWNER])
    return user


@pytest.fixture
def fluoro(db: Any) -> Organisation:
    return an_organisation(FLUORO, "Yunlan Fluoro Materials Technology Co., Ltd.")


@pytest.fixture
def other_firm(db: Any) -> Organisation:
    return an_organisation("青屏精密装备有限公司", "Qingping Precision")


@pytest.fixture
def ines(fluoro: Organisation) -> User:
    return a_member(fluoro, "ines@fluoro.example", Role.OWNER)


@pytest.fixture
def stranger(other_firm: Organisation) -> User:
    return a_member(other_firm, "bo@qingping.example", Role.OWNER)


@pytest.fixture
def ines_acts(ines: User, fluoro: Organisation) -> Actor:
    return Actor(user_id=ines.pk, org_id=fluoro.pk, org_kind=fluoro.kind, roles=frozenset({Role.OWNER}))
