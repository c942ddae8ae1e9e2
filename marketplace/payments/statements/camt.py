"""CAMT.053 statements (ISO 20022), any version: names are matched without their namespace.

The parser expands no entity, opens no network and no file, and refuses a document type: a statement has none.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lxml import etree

from marketplace.payments.statements.faults import BadLine, Unreadable
from marketplace.payments.statements.rows import Row, Statement, amount_of, clean, date_of

LARGEST_FILE = 64 * 1024 * 1024


def read_camt(content: bytes, currency: str) -> Statement:
    """Rows of the booked entries; a batch with its parts is read part by part. Raises Unreadable."""
    if len(content) > LARGEST_FILE:
        raise Unreadable("too_large", most=LARGEST_FILE // 1024 // 1024)
    if b"<!DOCTYPE" in content[:4096].upper() or b"<!ENTITY" in content.upper():
        raise Unreadable("document_type")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable("no_xml", line=error.lineno) from error
    statements = _all(root, "Stmt")
    if not statements:
        raise Unreadable("no_statement")
    found = Statement("camt053")
    for one in statements:
        _take(found, one, currency)
    return found


def _take(found: Statement, one: Any, currency: str) -> None:
    found.account_number = (
        found.account_number or _text(one, "Acct", "Id", "IBAN") or _text(one, "Acct", "Id", "Othr", "Id")
    )
    for balance in _children(one, "Bal"):
        kind = _text(balance, "Tp", "CdOrPrtry", "Cd")
        amount = _signed(balance)
        if kind in {"OPBD", "PRCD"} and found.opening is None:
            found.opening = amount
        if kind == "CLBD":
            found.closing = amount
            day = _text(balance, "Dt", "Dt") or _text(balance, "Dt", "DtTm")
            found.closing_on = date_of(day) if day else None
    for number, entry in enumerate(_children(one, "Ntry"), start=1):
        status = _text(entry, "Sts", "Cd") or _text(entry, "Sts")
        if status not in {"", "BOOK"}:
            continue  # pending: it comes again when it is booked
        try:
            found.rows += _rows(entry, currency)
        except BadLine as error:
            found.problems.append((number, error.fault))


def _rows(entry: Any, currency: str) -> list[Row]:
    total = _signed(entry)
    named = _amount_node(entry).get("Ccy") or currency
    day = _text(entry, "BookgDt", "Dt") or _text(entry, "BookgDt", "DtTm") or _text(entry, "ValDt", "Dt")
    booked_on = date_of(day)
    parts = [part for details in _children(entry, "NtryDtls") for part in _children(details, "TxDtls")]
    own_id = _text(entry, "AcctSvcrRef")
    if len(parts) > 1:
        sums = [_part_amount(part, total) for part in parts]
        known = [amount for amount in sums if amount is not None]
        if len(known) == len(parts) and sum(known, Decimal(0)) == total:
            return [
                _row(part, entry, amount, named, booked_on, _part_id(part) or (own_id and f"{own_id}/{place}"))
                for place, (part, amount) in enumerate(zip(parts, known, strict=True), start=1)
            ]
    part = parts[0] if len(parts) == 1 else None
    return [_row(part, entry, total, named, booked_on, own_id or (_part_id(part) if part is not None else ""))]


def _row(part: Any, entry: Any, amount: Decimal, currency: str, booked_on: Any, external_id: str) -> Row:
    side = "Dbtr" if amount > 0 else "Cdtr"
    name = account = ""
    told = [_text(entry, "AddtlNtryInf")]
    if part is not None:
        name = _text(part, "RltdPties", side, "Pty", "Nm") or _text(part, "RltdPties", side, "Nm")
        for way in (("IBAN",), ("Othr", "Id")):
            account = account or _text(part, "RltdPties", f"{side}Acct", "Id", *way)
        told = [node.text or "" for info in _children(part, "RmtInf") for node in _children(info, "Ustrd")]
        told += [node.text or "" for info in _children(part, "RmtInf") for node in _all(info, "Ref")]
        told += [_text(part, "Refs", "EndToEndId"), _text(part, "AddtlTxInf")]
        told = [*told, _text(entry, "AddtlNtryInf")]
    said = " ".join(text for text in told if text and text != "NOTPROVIDED")
    return Row(
        booked_on=booked_on,
        amount=amount,
        currency=currency,
        payer_name=clean(name, 200),
        payer_account=clean(account, 60),
        text=clean(said, 1000),
        external_id=clean(external_id, 120),
    )


def _part_id(part: Any) -> str:
    return _text(part, "Refs", "AcctSvcrRef") or _text(part, "Refs", "TxId")


def _part_amount(part: Any, total: Decimal) -> Decimal | None:
    text = _text(part, "Amt") or _text(part, "AmtDtls", "TxAmt", "Amt")
    amount = amount_of(text) if text else None
    return None if amount is None else (amount if total >= 0 else -amount)


def _signed(node: Any) -> Decimal:
    amount = amount_of(_amount_node(node).text or "")
    if amount is None:
        raise BadLine("incomplete")
    return -amount if _text(node, "CdtDbtInd") == "DBIT" else amount


def _amount_node(node: Any) -> Any:
    found = _children(node, "Amt")
    if not found:
        raise BadLine("incomplete")
    return found[0]


def _children(node: Any, name: str) -> list[Any]:
    return [child for child in node if isinstance(child.tag, str) and etree.QName(child).localname == name]


def _all(node: Any, name: str) -> list[Any]:
    return [one for one in node.iter() if isinstance(one.tag, str) and etree.QName(one).localname == name]


def _text(node: Any, *path: str) -> str:
    for name in path:
        found = _children(node, name)
        if not found:
            return ""
        node = found[0]
    return (node.text or "").strip()
