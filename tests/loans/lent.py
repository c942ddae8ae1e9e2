"""Makers of live loans, as if taken over from the bank's books: terms, rights, payments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils import timezone

from listings.assets.models import Asset
from listings.patents.models import Patent, PatentKind
from loans.models import Loan
from loans.services import opening
from loans.services.opening import Cover, Lending
from loans.terms import RightTerms, Terms
from marketplace.core import clock
from tests import cast

_serial = count(1)
START = date(2026, 1, 15)


def at_noon(day: date) -> datetime:
    """The market's clock on a day."""
    return timezone.make_aware(datetime(day.year, day.month, day.day, 12))


def terms(**given: Any) -> Terms:
    facts: dict[str, Any] = {
        "currency": "CNY",
        "amount_min": Decimal("1000.00"),
        "amount_max": Decimal("30000000.00"),
        "term_min": 1,
        "term_max": 120,
        "rights": {PatentKind.INVENTION: RightTerms(7000, 4000)},
        "annual_rate_pct": Decimal("4.35"),
        "method": "EQUAL_INSTALMENT",
        "shift": "none",
    }
    return Terms(**facts | given)


def a_bare_right(holder: cast.Part | None = None, **given: Any) -> Asset:
    """A granted invention and no more; in force until 2040."""
    facts = {
        "office": "CN",
        "number": f"20209{next(_serial):07d}.1",
        "title_zh": "样例",
        "status": "in_force",
        "filed_on": date(2020, 5, 6),
        "granted_on": date(2022, 3, 1),
        "expires_on": date(2040, 5, 6),
        "holder": holder.organisation if holder else None,
        "created_at": clock.now(),
        "updated_at": clock.now(),
    }
    asset = Asset.objects.create(**facts | given)
    Patent.objects.create(asset=asset, patent_kind=PatentKind.INVENTION, application_number=asset.number)
    return asset


def a_cover(asset: Asset | None = None, value: str | None = "10000000.00", **given: Any) -> Cover:
    """A right appraised on the first day for a year."""
    facts: dict[str, Any] = {
        "asset_id": (asset or a_bare_right()).pk,
        "haircut_bp": 7000,
        "ltv_bp": 4000,
        "value": Decimal(value) if value is not None else None,
        "base_date": START,
        "valid_until": START + timedelta(days=364),
    }
    return Cover(**facts | given)


def a_loan(
    principal: str = "1000000.00",
    months: int = 12,
    *,
    covers: Sequence[Cover] | None = None,
    borrower: cast.Part | None = None,
    bank: cast.Part | None = None,
    paid_on: date = START,
    **given: Any,
) -> Loan:
    """Lena lends to Ines; `given` are terms."""
    lender = bank or cast.lena()
    lending = Lending(
        borrower_id=(borrower or cast.ines()).organisation.pk,
        bank_id=lender.organisation.pk,
        terms=terms(**given),
        principal=Decimal(principal),
        months=months,
        paid_on=paid_on,
        reference="out-1",
        covers=[a_cover()] if covers is None else covers,
        bank_reference=f"core-{next(_serial)}",
    )
    return opening.take_over_loan(lending=lending, by=lender.actor)
