"""From a paper to PDF: typst inside the process, fonts from the package, no shell, no network, no system font.

The same data give the same bytes (no date, no random id stands in the file), so a hash can be taken before anybody has
seen the file and taken again by whoever doubts it. A contract of ten pages takes about a tenth of a second, which is
why documents are set in the request or task that drafts them: nothing waits for a worker, and whoever drafts sees at
once what will be signed. Callers draft outside their own row locks all the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import typst

LAYOUT = Path(__file__).with_name("layout")
BEGINNING = 0
"""The creation time every file states: none of its own, since the market keeps the times in its records."""
LONGEST_DATA = 2_000_000


class PaperTooLong(ValueError):
    """More than a document can sensibly hold."""


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(Path(pylopdf_fonts_zh_cn.sans_path()).parent)],
    )


@cache
def _layout(name: str) -> bytes:
    return (LAYOUT / f"{name}.typ").read_bytes()


def _compiler(layout: str, data: Mapping[str, Any]) -> typst.Compiler:
    text = json.dumps(data, ensure_ascii=False, sort_keys=True)
    if len(text) > LONGEST_DATA:
        raise PaperTooLong(f"{len(text)} characters")
    # The layout is a constant of the program and the data a JSON string beside it: no markup is ever put together.
    # The root holds the layouts only, so even a layout at fault could read nothing else.
    return typst.Compiler(
        _layout(layout),
        root=str(LAYOUT),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": text},
        package_path=str(LAYOUT),
        package_cache_path=str(LAYOUT),
    )


def pdf(layout: str, data: Mapping[str, Any], *, is_tagged: bool = True) -> bytes:
    """`data` set in the layout of that name, as PDF 1.7. Raises typst.TypstError, PaperTooLong."""
    made = _compiler(layout, data).compile(format="pdf", timestamp=BEGINNING, pdf_tags=is_tagged)
    assert isinstance(made, bytes)
    return made


def pictures(layout: str, data: Mapping[str, Any], *, ppi: float = 110) -> list[bytes]:
    """The same pages as PNG, for looking at them."""
    made = _compiler(layout, data).compile(format="png", ppi=ppi)
    return made if isinstance(made, list) else [made] if isinstance(made, bytes) else []
