"""The collection "patents": what of a right can be searched, filtered, counted and sorted, and how it is read from
the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from django.db import connection

from listings.patents.numbers import document_id
from marketplace.accounts.regions import codes_upwards
from marketplace.search import index
from marketplace.search.index import Collection, Document, Exact, Facet, Range, Sort, Text

NAME = "patents"
SUBJECT = "assets.asset"
IPC_LEVELS = (1, 3, 4)
FETCH = 2_000
CLAIM_TEXT = 600
ABSTRACT_TEXT = 3_000
MOST_OWNERS = 6

PATENTS = Collection(
    name=NAME,
    fields=(
        Text("title", boost=3),
        Text("body"),
        Text("names"),
        Exact("numbers"),
        Exact("holder"),
        Facet("kind"),
        Facet("status"),
        Facet("office"),
        Facet("granted"),
        Facet("ipc", multi=True, tree=IPC_LEVELS),
        Facet("region", multi=True),
        Range("filed_year"),
        Range("expires_day"),
        Sort("filed"),
        Sort("expires"),
        Sort("granted_day"),
    ),
    default_sort="-filed",
    subject=SUBJECT,
)

# A right of which only claims, events or a family are known has nothing to show yet.
_SHOWN = "NOT p.is_partial AND (a.title_zh <> '' OR a.title_en <> '')"

_ROWS = f"""
    SELECT a.id, a.version, a.office, a.number, a.title_zh, a.title_en, a.status, a.filed_on, a.granted_on,
           a.expires_on, a.holder_id, p.patent_kind, p.application_number, p.publication_number, p.kind_code,
           p.grant_number, left(p.abstract_zh, {ABSTRACT_TEXT}), left(p.abstract_en, {ABSTRACT_TEXT}),
           left(p.first_claim, {CLAIM_TEXT}), p.ipc,
           (SELECT array_agg(i.office || i.number) FROM patents_identifier i WHERE i.patent_id = a.id),
           (SELECT array_agg(n.name || ' ' || n.name_en) FROM (
                SELECT name, name_en FROM assets_party t
                WHERE t.asset_id = a.id AND t.role IN ('owner', 'applicant', 'assignee', 'inventor')
                ORDER BY t.role, t.sequence LIMIT {MOST_OWNERS * 2}) n),
           o.region_id
    FROM assets_asset a JOIN patents_patent p ON p.asset_id = a.id
    LEFT JOIN accounts_organisation o ON o.id = a.holder_id
    WHERE a.id = ANY(%s) AND {_SHOWN}
"""  # noqa: S608 - constants of this module

_VERSIONS = f"""
    SELECT a.id, a.version FROM assets_asset a JOIN patents_patent p ON p.asset_id = a.id
    WHERE a.id > %s AND {_SHOWN} ORDER BY a.id LIMIT 20000
"""  # noqa: S608 - constants of this module


class Patents:
    """Reads documents from the register."""

    def documents(self, ids: Sequence[int]) -> Iterable[Document]:
        above = codes_upwards()
        with connection.cursor() as cursor:
            cursor.execute(_ROWS, [list(ids)])
            for row in cursor.fetchall():
                yield _document(row, above)

    def versions(self) -> Iterator[tuple[int, int]]:
        after = 0
        while True:
            with connection.cursor() as cursor:
                cursor.execute(_VERSIONS, [after])
                rows = cursor.fetchall()
            if not rows:
                return
            yield from rows
            after = rows[-1][0]


def _document(row: Sequence[Any], above: dict[int, tuple[str, ...]]) -> Document:
    (
        pk,
        version,
        office,
        number,
        title_zh,
        title_en,
        status,
        filed_on,
        granted_on,
        expires_on,
        holder_id,
        kind,
        application,
        publication,
        kind_code,
        grant,
        abstract_zh,
        abstract_en,
        claim,
        ipc,
        identifiers,
        names,
        region_id,
    ) = row
    keys = {f"{office}{one}" for one in (number, application, publication, grant) if one}
    keys.update(one.removesuffix("/U").removesuffix("/S") for one in identifiers or ())
    if publication and kind_code:
        keys.add(document_id(office, publication, kind_code))
    return Document(
        pk,
        version,
        {
            "title": f"{title_zh}\n{title_en}" if title_zh and title_en else title_zh or title_en,
            "body": "\n".join(one for one in (abstract_zh, abstract_en, claim) if one),
            "names": "\n".join(one.strip() for one in names or ()),
            "numbers": sorted(keys),
            "holder": [str(holder_id)] if holder_id else [],
            "kind": kind,
            "status": status,
            "office": office,
            "granted": "granted" if granted_on or grant else "application",
            "ipc": sorted({one.replace(" ", "") for one in ipc}),
            "region": above.get(region_id, ()),
            "filed_year": filed_on.year if filed_on else None,
            "expires_day": ordinal(expires_on),
            "filed": ordinal(filed_on),
            "expires": ordinal(expires_on),
            "granted_day": ordinal(granted_on),
        },
    )


def ordinal(day: date | None) -> int | None:
    """A date as the index counts it: days since 0001-01-01."""
    return day.toordinal() if day else None


index.register(PATENTS, Patents())
