"""Holders of patents, and small files to import."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from listings.patents.numbers import check_digit
from marketplace.search import index
from tests.cast import Part, ines

FLUORO = "因氏氟材有限公司"
HEAD = [
    "申请号",
    "公开（公告）号",
    "专利名称",
    "摘要",
    "申请（专利权）人",
    "发明（设计）人",
    "IPC主分类号",
    "申请日",
    "授权日",
    "法律状态",
    "专利类型",
]


def cn(body: str) -> str:
    """A Chinese application number with its check digit."""
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


@pytest.fixture(autouse=True)
def in_chinese():
    """Every test begins in the market's first language."""
    with translation.override("zh-hans"):
        yield


@pytest.fixture
def holder(db: Any) -> Part:
    return ines()


@pytest.fixture
def index_now(db: Any) -> Callable[[], None]:
    """Brings the index to the state of the database, as the relay would."""

    def run() -> None:
        index.rebuild("patents")

    return run
