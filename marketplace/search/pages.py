"""Search pages: the answer to an address, turned into what a page shows.

A list page declares a `SearchFilter` and calls `search_page`. Nothing here knows what the documents are: the caller
turns ids into rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from django.http import HttpRequest
from django.urls import reverse

from marketplace.core.rows import ResultRow
from marketplace.search.filters import PER_PAGE, SearchFilter
from marketplace.search.rail import chips, groups, without

MOST_COMPARED = 4

Rows = Callable[[Sequence[int], str], Sequence[Mapping[str, Any]]]
_ROW_NAMES = (
    "pk",
    "url",
    "title",
    "plain_title",
    "numbers",
    "owner",
    "is_sample",
    "why",
    "starts_on",
    "expires_on",
    "rights",
    "mode",
    "exact",
)


def result_row(row: Mapping[str, Any]) -> ResultRow:
    """A row given as a mapping, as the fast row writer takes it; names it does not hold stay empty."""
    told = {name: row[name] for name in _ROW_NAMES if row.get(name) not in (None, "")}
    price = row.get("price") or row.get("price_large") or row.get("price_words") or ""
    return ResultRow(**told, price=price, is_picked=bool(row.get("picked")))


def search_page(
    request: HttpRequest,
    filterset: type[SearchFilter] | SearchFilter,
    *,
    rows: Rows,
    export_url: str = "",
    compare_url: str = "",
    counted: bool = True,
) -> dict[str, Any]:
    """What templates/search/page.html shows for this address.

    `rows` turns ids (in order) and the search text into mappings named as core.rows.ResultRow has them. `export_url`
    and `compare_url` are URL names. A page number beyond the end shows the last page. Raises what the index raises when
    it is not built.
    """
    made = filterset if isinstance(filterset, SearchFilter) else filterset(request.GET, request=request)
    asked = cast(SearchFilter, made)  # its untyped base class keeps the checker from seeing it
    per_page = _choice(request.GET.get("per_page"), PER_PAGE)
    page = _whole(request.GET.get("page"))
    found = asked.search(page=page, per_page=per_page, counted=counted)
    last = max(1, -(-found.total // per_page))
    if page > last:
        page = last
        found = asked.search(page=page, per_page=per_page, counted=counted)
    picked = picked_ids(request)
    listed = [{**row, "picked": row["pk"] in picked} for row in rows(found.ids, asked.text)]
    keep = request.GET.copy()
    for name in ("page", "pick"):
        keep.pop(name, None)
    address = keep.urlencode()
    return {
        "filter": asked,
        "form": asked.form,
        "q": asked.text,
        "rows": listed,
        "result_rows": lambda: [result_row(row) for row in listed],  # only pages that use the common row pay for it
        "result": found,
        "total": found.total,
        "took_ms": max(1, round(found.took_ms)),
        "indexed_ago_s": max(0, round((datetime.now(UTC) - found.indexed_at).total_seconds())),
        "relaxed": found.relaxed,
        "groups": groups(asked, found),
        "chips": chips(asked, request.GET),
        "clear_url": "?" + without(request.GET, keep_only=("q",)).urlencode(),
        "number": page,
        "last": last,
        "per_page": per_page,
        "sorts": [{"value": one.value, "label": one.label, "chosen": one.value == asked.sort} for one in asked.sorts],
        "picked_ids": picked,
        "pickable": bool(compare_url),
        "compare_url": reverse(compare_url) if compare_url else "",
        "exports": [
            {"label": kind.upper(), "url": f"{reverse(export_url, args=[kind])}{'?' if address else ''}{address}"}
            for kind in ("csv", "xlsx")
        ]
        if export_url
        else [],
        "address": address,
    }


def picked_ids(request: HttpRequest) -> list[int]:
    """The rows ticked for comparison, as the address has them: whole numbers, each once, four at most."""
    found = [int(one) for one in request.GET.getlist("pick") if one.isascii() and one.isdigit() and len(one) < 19]
    return list(dict.fromkeys(found))[:MOST_COMPARED]


def _whole(text: str | None) -> int:
    """A page number from 1; anything else is page 1."""
    return max(1, int(text)) if text and text.isascii() and text.isdigit() and len(text) < 10 else 1


def _choice(text: str | None, choices: Sequence[int]) -> int:
    return next((one for one in choices if str(one) == text), choices[0])
