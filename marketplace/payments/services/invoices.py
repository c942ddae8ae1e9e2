"""Issuing invoices and credit notes under numbers without gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from marketplace.accounts.models import Organisation
from marketplace.core import clock, events
from marketplace.core.actor import Actor
from marketplace.core.locks import locked
from marketplace.core.money import Money, to_cents
from marketplace.payments.models import Invoice, InvoiceSeries
from marketplace.payments.refusals import CreditTooLarge
from marketplace.payments.states import Subject

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice: what for, its net sum, and the rate of tax in per cent."""

    title_zh: str
    title_en: str
    net: Money
    tax_pct: Decimal = ZERO

    @property
    def tax(self) -> Decimal:
        """Rounded half up to the cent, line by line."""
        return to_cents(self.net.amount * self.tax_pct / 100)


@transaction.atomic
def issue_invoice(
    *, series: str, issuer_id: int | None, buyer_id: int, lines: Sequence[Line], subject: Subject, by: Actor
) -> Invoice:
    """Issue an invoice under the next number of `series` (made at first use). `issuer_id` none is the platform.

    The number is taken under the lock of its series and falls back with the transaction, so none is ever missing; keep
    the transaction short. Raises ValueError for no lines, mixed currencies or a negative sum.
    """
    if not lines or len({line.net.currency for line in lines}) != 1:
        raise ValueError("An invoice has lines of one currency.")
    net = sum((line.net.amount for line in lines), ZERO)
    tax = sum((line.tax for line in lines), ZERO)
    if net < 0:
        raise ValueError("What is given back is a credit note.")
    return _issue(
        series,
        issuer_id,
        kind=Invoice.Kind.INVOICE,
        buyer_id=buyer_id,
        currency=lines[0].net.currency,
        net=net,
        tax=tax,
        lines=[_told(line) for line in lines],
        subject=subject,
        by=by,
    )


def credit_note(*, invoice_id: int, net: Money | None = None, reason: str, by: Actor) -> Invoice:
    """Credit an invoice, wholly or by `net` (with its tax in proportion), under the next number of the same series.

    Raises CreditTooLarge when more than what is left of it would be credited.
    """
    with locked(Invoice, invoice_id) as invoice:
        if invoice.kind != Invoice.Kind.INVOICE:
            raise CreditTooLarge(most=f"0.00 {invoice.currency}")
        done = invoice.credit_notes.aggregate(net=Sum("net"), tax=Sum("tax"))
        left_net, left_tax = invoice.net + (done["net"] or ZERO), invoice.tax + (done["tax"] or ZERO)
        wanted = left_net if net is None else net.amount
        is_other = net is not None and net.currency != invoice.currency
        if is_other or not 0 < wanted <= left_net:
            raise CreditTooLarge(most=f"{left_net} {invoice.currency}")
        tax = left_tax if wanted == left_net else min(left_tax, to_cents(invoice.tax * wanted / invoice.net))
        line = {
            "title_zh": f"冲销 {invoice.number}",
            "title_en": f"Credit of {invoice.number}",
            "net": str(-wanted),
            "tax_pct": "",
            "tax": str(-tax),
        }
        return _issue(
            invoice.series.code,
            invoice.issuer_id,
            kind=Invoice.Kind.CREDIT_NOTE,
            buyer_id=invoice.buyer_id,
            currency=invoice.currency,
            net=-wanted,
            tax=-tax,
            lines=[line],
            subject=(invoice.subject_kind, invoice.subject_id),
            credits_id=invoice.pk,
            reason=reason,
            by=by,
        )


def _issue(series: str, issuer_id: int | None, *, subject: Subject, by: Actor, **columns: Any) -> Invoice:
    found, _ = InvoiceSeries.objects.get_or_create(code=series, defaults={"issuer_id": issuer_id})
    with locked(InvoiceSeries, found.pk) as counter:
        if counter.issuer_id != issuer_id:
            raise ValueError(f"The series {series} belongs to another issuer.")
        counter.last += 1
        counter.save(update_fields=["last"])
        row = Invoice.objects.create(
            series=counter,
            sequence=counter.last,
            number=f"{series}-{counter.last:06d}",
            issuer_id=issuer_id,
            parties=_parties(issuer_id, columns["buyer_id"]),
            total=columns["net"] + columns["tax"],
            subject_kind=subject[0],
            subject_id=subject[1],
            actor_id=by.user_id,
            issued_at=clock.now(),
            **columns,
        )
    data = {"subject": list(subject), "number": row.number, "total": str(row.total), "currency": row.currency}
    events.record(f"invoice.{'issue' if row.kind == Invoice.Kind.INVOICE else 'credit'}", row, by, data=data)
    return row


def _parties(issuer_id: int | None, buyer_id: int) -> dict[str, dict[str, str]]:
    rows = Organisation.objects.in_bulk([pk for pk in (issuer_id, buyer_id) if pk is not None])
    platform = {
        "name_zh": settings.MARKET_HOST_ZH,
        "name_en": settings.MARKET_HOST_EN,
        "code": "",
        "address_zh": "",
        "address_en": "",
    }
    return {
        "issuer": _party(rows[issuer_id]) if issuer_id is not None else platform,
        "buyer": _party(rows[buyer_id]),
    }


def _party(row: Organisation) -> dict[str, str]:
    return {
        "name_zh": row.name_zh,
        "name_en": row.name_en,
        "code": row.uscc,
        "address_zh": row.address,
        "address_en": row.address_en,
    }


def _told(line: Line) -> dict[str, str]:
    return {
        "title_zh": line.title_zh,
        "title_en": line.title_en,
        "net": str(line.net.amount),
        "tax_pct": str(line.tax_pct),
        "tax": str(line.tax),
    }
