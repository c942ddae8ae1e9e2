"""Reading rights for the check: two statements for any number of them, a third to lock them first.

Overlap of territory, field and time is decided by the database, which has the ranges indexed and compared in C.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from django.db import OperationalError, connection
from psycopg.types.range import DateRange

from listings.assets.states import ONLY_GRANTED, PartyRole
from listings.patents.numbers import format_number
from listings.rights.facts import EntryFact, GivenConsent, Owner, Right
from listings.rights.scope import Scope
from listings.rights.states import ConsentKind, EntryKind
from listings.rights.wording import Named
from marketplace.core.errors import Busy, NotFound
from marketplace.core.locks import LOCK_NOT_AVAILABLE, LOCK_TIMEOUT_MS

LOCK = """
SET LOCAL lock_timeout = %s; SELECT id FROM assets_asset WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""

RIGHTS = """
SELECT a.id, a.office, a.number, a.status, a.granted_on, a.expires_on, a.holder_id, o.name_zh, o.name_en,
       coalesce(o.country, ''), coalesce(p.patent_kind, ''), coalesce(p.has_evaluation_report, false),
       coalesce(p.kind_code, ''),
       (SELECT json_agg(json_build_array(y.role, y.name, y.name_en) ORDER BY y.sequence) FROM assets_party y
         WHERE y.asset_id = a.id AND y.role IN ('owner', 'assignee', 'applicant'))::text,
       (SELECT json_agg(json_build_array(c.kind, c.organisation_id, coalesce(nullif(g.name_zh, ''), g.name_en, c.name),
                                          c.acts))
          FROM rights_consent c LEFT JOIN accounts_organisation g ON g.id = c.organisation_id
         WHERE c.asset_id = a.id AND c.revoked_at IS NULL
           AND (c.subject_id IS NULL OR (c.subject_kind = %(subject_kind)s AND c.subject_id = %(subject_id)s)))::text,
       (SELECT json_agg(json_build_array(r.act, r.subject_kind, r.subject_id)) FROM rights_reservation r
         WHERE r.asset_id = a.id AND r.released_at IS NULL
           AND NOT (r.subject_kind = %(subject_kind)s AND r.subject_id = %(subject_id)s)
           AND r.territory && %(territory)s AND r.field && %(field)s AND r.period && %(period)s)::text
FROM assets_asset a
LEFT JOIN patents_patent p ON p.asset_id = a.id
LEFT JOIN accounts_organisation o ON o.id = a.holder_id
WHERE a.id = ANY(%(ids)s) ORDER BY a.id
"""

ENTRIES = """
SELECT e.id, e.asset_id, e.kind, e.licence_type, e.party_id, coalesce(nullif(o.name_zh, ''), e.party_name),
       coalesce(nullif(o.name_en, ''), nullif(o.name_zh, ''), e.party_name), e.grantor_id,
       e.share_numerator, e.share_denominator, e.starts_on, e.ends_on, e.is_recorded_only, e.export_category,
       e.may_sublicense, e.period @> %(on)s,
       e.territory && %(territory)s AND e.field && %(field)s AND e.period && %(period)s,
       e.territory @> %(territory)s AND e.field @> %(field)s AND e.period @> %(period)s
FROM rights_entry e LEFT JOIN accounts_organisation o ON o.id = e.party_id
WHERE e.asset_id = ANY(%(ids)s) AND e.kind <> 'name_change'
  AND (e.period @> %(on)s OR e.kind = 'licence' AND e.period && %(period)s)
ORDER BY e.asset_id, e.id
"""


def lock_rights(ids: Sequence[int]) -> None:
    """Hold these rights for the rest of the transaction, taken in id order. Raises NotFound, Busy."""
    if not connection.in_atomic_block:
        raise RuntimeError("Rights are locked in the transaction that decides on them.")
    with connection.cursor() as cursor:
        try:
            cursor.execute(LOCK, [LOCK_TIMEOUT_MS, list(ids)])
            cursor.nextset()
            held = cursor.fetchall()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE:
                raise Busy() from error
            raise
    if len(held) != len(set(ids)):
        raise NotFound()


def read_rights(ids: Sequence[int], scope: Scope, on: date, subject: tuple[str, int] | None = None) -> list[Right]:
    """These rights in id order with what the check needs of them. Two statements. Raises NotFound."""
    wanted: Mapping[str, Any] = {
        "ids": list(ids),
        "on": on,
        "territory": scope.territory,
        "field": scope.field,
        "period": _period(scope, on),
        "subject_kind": subject[0] if subject else "",
        "subject_id": subject[1] if subject else -1,
    }
    with connection.cursor() as cursor:
        cursor.execute(RIGHTS, wanted)
        rows = cursor.fetchall()
        if len(rows) != len(set(ids)):
            raise NotFound()
        cursor.execute(ENTRIES, wanted)
        entries: dict[int, list[EntryFact]] = {}
        for row in cursor.fetchall():
            fact = EntryFact._make(row)
            entries.setdefault(fact.asset_id, []).append(fact)
    return [_right(row, entries.get(row[0], [])) for row in rows]


def _period(scope: Scope, on: date) -> Any:
    """The days the act is about: those of its scope, from the day asked about on."""
    days = scope.period(on)
    return (
        DateRange(days.lower, days.upper, "[)")
        if days.upper is None or days.lower != days.upper
        else DateRange(on, None, "[)")
    )


def _right(row: Sequence[Any], entries: list[EntryFact]) -> Right:
    pk, office, number, status, granted_on, expires_on, holder_id, holder_zh, holder_en, country = row[:10]
    kind, has_report, kind_code, parties, consents, reserved = row[10:]
    is_granted = granted_on is not None or status in ONLY_GRANTED
    code = kind_code if office != "CN" or "." not in number else ""
    holder = Owner(holder_id, Named(holder_zh or "", holder_en or "")) if holder_id is not None else None
    return Right(
        id=pk,
        office=office,
        number=format_number(office, number, code, is_granted=is_granted),
        status=status,
        granted_on=granted_on,
        expires_on=expires_on,
        holder_id=holder_id,
        holder_country=country,
        patent_kind=kind,
        has_report=has_report,
        is_granted=is_granted,
        owners=_owners(entries, json.loads(parties) if parties else [], holder),
        consents=tuple(
            GivenConsent(ConsentKind(sort), who, name, pk, tuple(acts))
            for sort, who, name, acts in (json.loads(consents) if consents else ())
        ),
        reserved_by=tuple((act, sort, subject) for act, sort, subject in (json.loads(reserved) if reserved else ())),
        entries=entries,
    )


def _owners(entries: list[EntryFact], parties: list[list[str]], holder: Owner | None) -> tuple[Owner, ...]:
    """Who owns it: by the ownership entries in force, else by the names of the office with the holder among them.

    The names an office published are the owners, else those assigned to, else the applicants. The holder is the one
    of its name; where no name is its, it is taken to stand for the first of them.
    """
    entered = [
        Owner(
            one.party_id,
            one.party,
            Fraction(one.share_numerator, one.share_denominator)
            if one.share_numerator and one.share_denominator
            else None,
        )
        for one in entries
        if one.kind == EntryKind.OWNERSHIP and one.in_force and not one.is_recorded_only
    ]
    if entered:
        return tuple(entered)
    names: list[Named] = []
    for role in (PartyRole.OWNER, PartyRole.ASSIGNEE, PartyRole.APPLICANT):
        names = [Named(zh, en) for sort, zh, en in parties if sort == role]
        if names:
            break
    if holder is None:
        return tuple(Owner(None, name) for name in names)
    own = {holder.name.zh, holder.name.en} - {""}
    is_it = [bool({name.zh, name.en} & own) for name in names]
    if names and not any(is_it):
        is_it[0] = True
    others = [Owner(None, name) for name, its in zip(names, is_it, strict=True) if not its]
    return (holder, *others)
