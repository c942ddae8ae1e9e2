"""The particulars of an application's contracts, complete or refused."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from listings.deals.contracts.filling import right_of, side_of
from listings.rights.ruling import enforces
from loans.contracts.particulars import LoanParticulars
from loans.facts import PAYOUT_DAYS, last_day
from loans.models import Application
from loans.quoting import quote
from loans.refusals import ContractLacks
from marketplace.core import clock


@enforces("PLG-CONTENT", "LN-CONTRACT", "LN-APR")
def particulars_of(application: Application) -> LoanParticulars:
    """Everything the two contracts are filled from. Raises ContractLacks naming what the law wants and is not known:
    names and addresses of the parties, and of each right its name, number, filing day and day of grant."""
    rows = list(application.collateral.standing().select_related("asset__patent", "asset__holder", "report"))
    rights = tuple(right_of(one.asset) for one in rows)
    borrower, bank = side_of(application.borrower), side_of(application.bank)
    missing = []
    for side in (borrower, bank):
        if not side.address_zh and not side.address_en:
            missing.append(_("the address of %(name)s") % {"name": side.name_zh or side.name_en})
    for right in rights:
        shown = right.patent_number or right.application_number
        for value, what in (
            (right.title_zh or right.title_en, _("the name of %(number)s")),
            (right.patent_number, _("the patent number of %(number)s")),
            (right.filed_on, _("the filing day of %(number)s")),
            (right.granted_on, _("the day of grant of %(number)s")),
        ):
            if not value:
                missing.append(what % {"number": shown})
    if missing:
        raise ContractLacks(missing="；".join(str(one) for one in missing))
    today = clock.today()
    cost = quote(application.terms, application.principal, application.months, today)
    return LoanParticulars(
        number=application.number,
        borrower=borrower,
        bank=bank,
        guarantor=side_of(application.guarantor) if application.guarantor is not None else None,
        rights=rights,
        values=tuple(one.value for one in rows),
        reports=tuple(one.report.number if one.report is not None else "" for one in rows),
        terms=application.terms,
        principal=application.principal,
        months=application.months,
        purpose=application.purpose,
        purpose_note=application.purpose_note,
        conditions=application.conditions,
        fee=cost.fee,
        apr_pct=cost.apr_pct,
        drawn_up_on=today,
        payout_until=today + timedelta(days=PAYOUT_DAYS),
        debt_until=last_day(application),
    )
