"""Writing decided rights: one batch, a fixed number of statements, rows by COPY. Only the import services call this."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection

from listings.assets.models import Asset
from listings.patents import merge, status, terms
from listings.patents.services.intake import Right, dumps
from marketplace.core import clock
from marketplace.core.workdays import WorkCalendar

Row = tuple[Any, ...]
MOST_PARTIES = 500
MOST_EVENTS = 2_000
MOST_CITATIONS = 5_000
MOST_CLASSES = 400

_ASSET_COLUMNS = (
    "kind, office, number, title_zh, title_en, status, status_on, next_change_on, filed_on, granted_on, expires_on,"
    " updated_at"
)
_PATENT_COLUMNS = (
    "patent_kind, application_number, publication_number, kind_code, grant_number, abstract_zh, abstract_en,"
    " first_claim, claims, published_on, expires_override, priorities, publications, ipc, cpc, locarno, family,"
    " family_id, legal_status_text, cited_by_count, title_other, status_basis, is_partial, extras, facts, conflicts"
)


def write(rights: Sequence[Right], *, run_id: int | None, days: WorkCalendar, is_sample: bool = False) -> list[int]:
    """Write these rights, new and changed; returns their asset ids. The caller holds transaction and import lock."""
    if not rights:
        return []
    new = [right for right in rights if right.id < 0]
    with connection.cursor() as cursor:
        if new:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence('assets_asset', 'id')) FROM generate_series(1, %s)", [len(new)]
            )
            for right, (pk,) in zip(new, cursor.fetchall(), strict=True):
                right.id = pk
        fresh = {right.id for right in new}
        old = [right for right in rights if right.id not in fresh]
        _take_over(cursor, rights)
        told = _told(cursor, old)
        payments = _payments(cursor, [right.id for right in old])
        merged = {right.id: merge.merge([*told.get(right.id, []), *_told_now(right)]) for right in rights}
        _write_views(cursor, rights, merged, payments, fresh, days, is_sample)
        _write_sources(cursor, rights, fresh, run_id)
        _write_keys(cursor, rights)
        _write_children(cursor, rights, merged, fresh)
    return [right.id for right in rights]


def rewrite(ids: Sequence[int], *, days: WorkCalendar) -> None:
    """Derive the merged view of existing patents anew from their stored sources."""
    rights = [Right(pk, is_changed=True) for pk in ids]
    with connection.cursor() as cursor:
        told = _told(cursor, rights)
        payments = _payments(cursor, ids)
        kept = [right for right in rights if told.get(right.id)]
        merged = {right.id: merge.merge(told[right.id]) for right in kept}
        _write_views(cursor, kept, merged, payments, set(), days, False)
        _write_children(cursor, kept, merged, set())


def standing(
    columns: Mapping[str, Any],
    facts: Mapping[str, Sequence[str]],
    events: Iterable[Mapping[str, Any]],
    paid: Mapping[int, date],
    on: date,
    days: WorkCalendar,
) -> tuple[status.Standing, date | None]:
    """The derived status of merged columns on a day, and the expiry date."""
    office, kind = columns["office"], columns["kind"]
    expires = terms.expiry(office, kind, columns["filed_on"], columns["granted_on"], columns["expires_on"])
    if expires is not None and columns["filed_on"] is not None and expires < columns["filed_on"]:
        expires = None
    words = []
    if columns["legal_status"]:
        as_of = facts.get("legal_status", ["", ""])[1]
        words.append(status.Word(columns["legal_status"], date.fromisoformat(as_of) if as_of else None))
    if office == "CN":
        # Texts of the Chinese gazette are known to us; other offices' speak of oppositions and of single states too.
        words += [
            status.Word(one.get("text_zh") or one.get("text_en") or one.get("code", ""), date.fromisoformat(one["on"]))
            for one in events
            if one.get("on")
        ]
    priorities = [each[2] for each in columns["priority"] if each[2]]
    known = status.Known(
        office=office,
        kind=kind,
        filed_on=columns["filed_on"],
        published_on=columns["published_on"],
        granted_on=columns["granted_on"],
        expires_on=expires,
        priority_on=date.fromisoformat(min(priorities)) if priorities else None,
        kind_says_granted=columns["has_grant_document"] or bool(columns["grant_number"]),
        words=words,
        paid=paid,
    )
    return status.derive(known, on, days), expires


# ── reading what is there ────────────────────────────────────────────────────────────────────────────────────────────
def _told(cursor: Any, rights: Sequence[Right]) -> dict[int, list[merge.Told]]:
    """Stored contents of these rights, those replaced by this batch left out."""
    if not rights:
        return {}
    replaced = {
        (right.id, *name)
        for right in rights
        for name, document in right.documents.items()
        if document.content is not None
    }
    cursor.execute(
        "SELECT patent_id, source, document, as_of, content::text FROM patents_sourcerecord"
        " WHERE patent_id = ANY(%s) ORDER BY patent_id, id",
        [[right.id for right in rights]],
    )
    told: dict[int, list[merge.Told]] = {}
    for pk, source, document, as_of, content in cursor.fetchall():
        if (pk, source, document) not in replaced:
            parsed = json.loads(content) if isinstance(content, str) else content
            told.setdefault(pk, []).append(merge.Told(source, as_of.isoformat() if as_of else "", parsed))
    return told


def _told_now(right: Right) -> list[merge.Told]:
    return [
        merge.Told(source, document.as_of.isoformat(), document.content)
        for (source, _name), document in right.documents.items()
        if document.content is not None
    ]


def _payments(cursor: Any, ids: Sequence[int]) -> dict[int, dict[int, date]]:
    paid: dict[int, dict[int, date]] = {}
    if ids:
        cursor.execute(
            "SELECT patent_id, year, paid_on FROM patents_annuitypayment WHERE patent_id = ANY(%s)", [list(ids)]
        )
        for pk, year, paid_on in cursor.fetchall():
            paid.setdefault(pk, {})[year] = paid_on
    return paid


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _take_over(cursor: Any, rights: Sequence[Right]) -> None:
    """Move what hangs on absorbed rights to the one that takes them in, and let their rows go."""
    for right in rights:
        for pk in right.absorbs:
            cursor.execute(
                "DELETE FROM patents_sourcerecord a USING patents_sourcerecord b"
                " WHERE a.patent_id = %s AND b.patent_id = %s AND a.source = b.source AND a.document = b.document",
                [pk, right.id],
            )
            # the new asset row may not stand yet: foreign keys are checked at the end of the transaction
            for table in ("patents_sourcerecord", "patents_identifier", "patents_annuitypayment"):
                cursor.execute(f"UPDATE {table} SET patent_id = %s WHERE patent_id = %s", [right.id, pk])  # noqa: S608 - own names
            Asset.objects.filter(pk=pk).delete()


def _write_views(
    cursor: Any,
    rights: Sequence[Right],
    merged: Mapping[int, merge.Merged],
    payments: Mapping[int, Mapping[int, date]],
    fresh: set[int],
    days: WorkCalendar,
    is_sample: bool,
) -> None:
    today, now = clock.today(), clock.now().isoformat()
    asset_rows: list[Row] = []
    patent_rows: list[Row] = []
    for right in rights:
        view = merged[right.id]
        columns = view.columns
        derived, expires = standing(columns, view.facts, view.events, payments.get(right.id, {}), today, days)
        title_zh, title_en = columns["title_zh"], columns["title_en"]
        if not title_zh and not title_en and columns["title_other"]:
            language, title_en = next(iter(columns["title_other"].items()))
            columns["extras"] = {**columns["extras"], "title_language": language}
            view.facts["title_en"] = view.facts["title_other"]
        asset_rows.append(
            (
                right.id,
                "patent",
                columns["office"],
                _cut(merge.asset_number(columns["office"], columns), 40),
                title_zh,
                title_en,
                derived.status,
                today,
                derived.next_change_on,
                columns["filed_on"],
                columns["granted_on"],
                expires,
                now,
                right.new_holder_id,
            )
        )
        patent_rows.append(
            (
                right.id,
                columns["kind"] or "other",
                _cut(columns["application_number"], 40),
                _cut(columns["publication_number"], 40),
                _cut(columns["kind_code"], 4),
                _cut(columns["grant_number"], 40),
                columns["abstract_zh"],
                columns["abstract_en"],
                columns["first_claim"],
                dumps(columns["claims"]),
                columns["published_on"],
                columns["expires_on"],
                dumps(columns["priority"]),
                dumps(columns["publications"]),
                _array([_cut(one, 20) for one in columns["ipc"][:MOST_CLASSES]]),
                _array([_cut(one, 20) for one in columns["cpc"][:MOST_CLASSES]]),
                _array([_cut(one, 20) for one in columns["locarno"][:MOST_CLASSES]]),
                _array([_cut(one, 40) for one in columns["family"]]),
                _cut(columns["family_id"], 40),
                _cut(columns["legal_status"], 200),
                None if columns["cited_by_count"] is None else min(int(columns["cited_by_count"]), 2**31 - 1),
                dumps(columns["title_other"]),
                derived.basis,
                view.is_partial,
                dumps(columns["extras"]),
                dumps(view.facts),
                dumps(view.conflicts),
            )
        )
    new_assets = [row for row in asset_rows if row[0] in fresh]
    new_patents = [row for row in patent_rows if row[0] in fresh]
    _copy(
        cursor,
        "assets_asset",
        f"id, {_ASSET_COLUMNS}, holder_id, is_sample, version, created_at",
        [(*row, is_sample, 1, now) for row in new_assets],
    )
    _copy(
        cursor,
        "patents_patent",
        f"asset_id, {_PATENT_COLUMNS}, has_evaluation_report",
        [(*row, False) for row in new_patents],
    )
    _update(
        cursor, "assets_asset", "id", _ASSET_COLUMNS, [row for row in asset_rows if row[0] not in fresh], holder=True
    )
    _update(cursor, "patents_patent", "asset_id", _PATENT_COLUMNS, [row for row in patent_rows if row[0] not in fresh])


def _update(cursor: Any, table: str, key: str, columns: str, rows: Sequence[Row], *, holder: bool = False) -> None:
    """Set-based update through a temporary table of the same shape. Assets grow a version and may gain a holder."""
    if not rows:
        return
    names = [one.strip() for one in columns.split(",")]
    listed = ", ".join([key, *names, *(["holder_id"] if holder else [])])
    # every name below is a constant of this module
    cursor.execute(f"CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT {listed} FROM {table} WITH NO DATA")  # noqa: S608
    _copy(cursor, "incoming", listed, rows)
    sets = ", ".join(f"{name} = n.{name}" for name in names)
    if holder:
        sets += ", holder_id = COALESCE(t.holder_id, n.holder_id), version = t.version + 1"
    cursor.execute(f"UPDATE {table} t SET {sets} FROM incoming n WHERE t.{key} = n.{key}")  # noqa: S608
    cursor.execute("DROP TABLE incoming")


def _write_sources(cursor: Any, rights: Sequence[Right], fresh: set[int], run_id: int | None) -> None:
    now = clock.now().isoformat()
    rows = [
        (
            right.id,
            source,
            name,
            document.as_of,
            document.text,
            _bytes(document.sha),
            _array(map(_bytes, document.earlier)),
            _bytes(document.raw),
            run_id,
            now,
        )
        for right in rights
        for (source, name), document in right.documents.items()
        if document.content is not None
    ]
    changed = [row for row in rows if row[0] not in fresh]
    if changed:
        cursor.execute(
            "DELETE FROM patents_sourcerecord s"
            " USING unnest(%s::bigint[], %s::text[], %s::text[]) AS c(pk, source, document)"
            " WHERE s.patent_id = c.pk AND s.source = c.source AND s.document = c.document",
            [[row[0] for row in changed], [row[1] for row in changed], [row[2] for row in changed]],
        )
    _copy(
        cursor,
        "patents_sourcerecord",
        "patent_id, source, document, as_of, content, content_sha256, earlier_sha256, raw, run_id, seen_at",
        rows,
    )


def _write_keys(cursor: Any, rights: Sequence[Right]) -> None:
    rows = [(right.id, *key) for right in rights for key in dict.fromkeys(right.new_keys)]
    _copy(cursor, "patents_identifier", "patent_id, sort, office, number", rows)


def _write_children(cursor: Any, rights: Sequence[Right], merged: Mapping[int, merge.Merged], fresh: set[int]) -> None:
    old = [right.id for right in rights if right.id not in fresh]
    if old:
        for table, key in (
            ("assets_party", "asset_id"),
            ("assets_legalevent", "asset_id"),
            ("patents_citation", "patent_id"),
        ):
            cursor.execute(f"DELETE FROM {table} WHERE {key} = ANY(%s)", [old])  # noqa: S608 - own names
    _copy(
        cursor,
        "assets_party",
        "asset_id, role, sequence, name, name_en, country, share_numerator, share_denominator",
        _each(rights, merged, lambda view: view.parties[:MOST_PARTIES], _party_row),
    )
    _copy(
        cursor,
        "assets_legalevent",
        'asset_id, "on", office, code, category, text_zh, text_en, source',
        _each(rights, merged, lambda view: view.events[:MOST_EVENTS], _event_row),
    )
    _copy(
        cursor,
        "patents_citation",
        "patent_id, sequence, office, number, kind_code, category, cited_by, text",
        [
            (right.id, at, *_citation_row(one))
            for right in rights
            for at, one in enumerate(merged[right.id].citations[:MOST_CITATIONS], 1)
        ],
    )


def _each(
    rights: Sequence[Right],
    merged: Mapping[int, merge.Merged],
    of: Callable[[merge.Merged], Sequence[Mapping[str, Any]]],
    row: Callable[[Mapping[str, Any]], Row],
) -> list[Row]:
    return [(right.id, *row(one)) for right in rights for one in of(merged[right.id])]


def _party_row(one: Mapping[str, Any]) -> Row:
    share = one.get("share") or (None, None)
    if share[0] is not None and not 0 < share[0] <= share[1]:
        share = (None, None)
    return (
        one["role"],
        one["sequence"],
        _cut(one.get("name") or one.get("name_en", ""), 400),
        _cut(one.get("name_en", ""), 400),
        _cut(one.get("country", ""), 2),
        *share,
    )


def _event_row(one: Mapping[str, Any]) -> Row:
    return (
        one.get("on") or None,
        _cut(one.get("office", ""), 2),
        _cut(one.get("code", ""), 40),
        _cut(one.get("category", ""), 1),
        one.get("text_zh", ""),
        one.get("text_en", ""),
        one["source"],
    )


def _citation_row(one: Mapping[str, Any]) -> Row:
    return (
        _cut(one.get("office", ""), 2),
        _cut(one.get("number", ""), 40),
        _cut(one.get("kind_code", ""), 4),
        _cut(one.get("category", ""), 20),
        _cut(one.get("by", ""), 12),
        one.get("text", ""),
    )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length]


# COPY's text format, escaped a table at a time: field by field in Python it was the dearest part of an import. Between
# fields and rows stand control characters that become tab and line end once those of the texts are escaped.
_FIELD_END, _ROW_END, _NULL = "\x1f", "\x1e", "\x1d"
_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
_MARKS = ((_FIELD_END, "\t"), (_ROW_END, "\n"), (_NULL, "\\N"))


def _copy(cursor: Any, table: str, columns: str, rows: Sequence[Row]) -> None:
    """COPY rows of str, int, bool, date and None."""
    if not rows:
        return
    with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        copy.write(_as_copied(rows))


def _as_copied(rows: Sequence[Row]) -> str:
    text = _ROW_END.join(
        [
            _FIELD_END.join([_NULL if one is None else str(one) for one in row] if None in row else map(str, row))
            for row in rows
        ]
    )
    counts = len(rows) * (len(rows[0]) - 1), len(rows) - 1, sum([row.count(None) for row in rows])
    if counts != (text.count(_FIELD_END), text.count(_ROW_END), text.count(_NULL)):  # a text holds one of the marks
        return "".join(["\t".join(map(_escaped, row)) + "\n" for row in rows])
    for plain, escaped in (*_ESCAPES, *_MARKS):
        text = text.replace(plain, escaped)
    return text + "\n"


def _escaped(value: Any) -> str:
    if value is None:
        return "\\N"
    text = str(value)
    for plain, escaped in _ESCAPES:
        text = text.replace(plain, escaped)
    return text


def _bytes(value: bytes) -> str:
    return f"\\x{value.hex()}"


def _array(values: Iterable[str]) -> str:
    """An array's text; every element quoted, so none is taken for NULL or for an end."""
    parts = ['"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"' for one in values]
    return "{" + ",".join(parts) + "}"
