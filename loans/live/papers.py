"""Papers about a loan, set when they are asked for: the statement of account, and the certificate that it is paid off.

The same day and the same facts give the same bytes. Nobody signs them: they say what the books say.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils import translation
from django.utils.translation import gettext as _

from loans.models import Loan
from loans.models.loan import in_money
from loans.services.repaying import quoted
from loans.services.standing import position_of
from loans.servicing_refusals import LoanNotPaidOff
from loans.states.servicing import LIVE, LoanState, PaymentSource
from marketplace.accounts.models import Organisation
from marketplace.core import formats
from marketplace.signing import rendering, wording
from marketplace.signing.paper import Clause, Language, Paper, PartyLine, Table

PAID_OFF = (LoanState.SETTLED, LoanState.RELEASED)


def statement(loan: Loan, on: date, language: Language) -> bytes:
    """What was lent, what came in and what it met, and what is owed at the end of a day, as PDF."""
    with _speaking(language):
        return _set(loan, f"{loan.number}-S", _statement(loan, on), language)


def certificate(loan: Loan, language: Language) -> bytes:
    """That nothing is owed any more and, once they are, that all rights are released. Raises LoanNotPaidOff."""
    if loan.state not in PAID_OFF:
        raise LoanNotPaidOff()
    with _speaking(language):
        return _set(loan, f"{loan.number}-C", _certificate(loan), language)


def _speaking(language: Language) -> translation.override:
    return translation.override("zh-hans" if language == "zh" else "en")


def _statement(loan: Loan, on: date) -> Paper:
    stands = position_of(loan, on)
    owed = [
        (_("Principal owed"), stands.principal),
        (_("Of it due"), stands.principal_due),
        (_("Interest due"), stands.interest_due),
        (_("Interest of the running period"), stands.accrued),
        (_("Penalty"), stands.penalty_due),
        (_("Costs"), stands.cost_due),
        (_("Paid ahead"), stands.credit),
    ]
    if loan.state in LIVE:
        owed.append((_("Ends the debt when paid on this day"), quoted(loan, on).total))
    payments = [
        (_day(one.value_date), one.reference, str(PaymentSource(one.source).label), _exact(loan, one.cents))
        for one in loan.payments.filter(value_date__lte=on).order_by("value_date", "pk")
    ]
    met = {"cost": _("Costs"), "penalty": _("Penalty"), "interest": _("Interest"), "principal": _("Principal")}
    allocations = [
        (_day(one.on), str(one.n or "—"), str(met[one.part]), _exact(loan, one.cents))
        for one in loan.allocations.filter(on__lte=on).order_by("on", "pk")
    ]
    schedule = loan.schedules.filter(effective_from__lte=on).order_by("-version").first()
    rows = [
        (str(row["n"]), row["due"], row["principal"], row["interest"], row["total"], row["balance"])
        for row in (schedule.rows if schedule else [])
    ]
    return Paper(
        title=_("Statement of account"),
        parties=_parties(loan),
        preamble=(_("As at the end of %(day)s. Amounts in %(currency)s.") % {
            "day": _day(on), "currency": loan.currency},),
        clauses=(
            _lent(loan),
            Clause(_("Owed"), (), Table((_("What"), _("Amount")), tuple((str(a), _exact(loan, b)) for a, b in owed),
                                        (2, 1))),
            _listed(_("Payments"), _("No payment yet."), (_("Value date"), _("Reference"), _("Source"), _("Amount")),
                    payments, (2, 3, 3, 3)),
            _listed(_("What the payments met"), _("No payment yet."), (_("Day"), _("No."), _("What"), _("Amount")),
                    allocations, (2, 1, 2, 3)),
        ),
        annexes=(
            _listed(_("Schedule"), _("There is none."), (_("No."), _("Due"), _("Principal"), _("Interest"), _("Total"),
                    _("Left after it")), rows, (1, 2, 2, 2, 2, 2)),
        ),
    )  # fmt: skip


def _certificate(loan: Loan) -> Paper:
    assert loan.closed_on is not None
    said = [
        _("The loan was paid off on %(day)s: no principal, interest, penalty or cost is owed on it.")
        % {"day": _day(loan.closed_on)}
    ]
    rights = loan.securities.select_related("asset").order_by("pk")
    if loan.state == LoanState.RELEASED:
        said.append(_("No right secures it any more; the pledges were cancelled on the days named."))
    rows = [
        (one.asset.number, one.asset.title, _day(one.released_on) if one.released_on else _("not cancelled yet"))
        for one in rights
    ]
    return Paper(
        title=_("Certificate of repayment"),
        parties=_parties(loan),
        clauses=(
            _lent(loan),
            Clause(_("Paid off"), tuple(said)),
            _listed(_("Rights that secured it"), _("There is none."), (_("Number"), _("Title"), _("Cancelled on")),
                    rows, (3, 5, 2)),
        ),
    )  # fmt: skip


def _lent(loan: Loan) -> Clause:
    facts = (
        (_("Loan"), loan.number),
        (_("The bank’s own number"), loan.bank_reference or "—"),
        (_("Principal"), _exact(loan, int(loan.principal * 100))),
        (_("Paid out on"), _day(loan.started_on)),
        (_("Matures on"), _day(loan.matures_on)),
        (_("Rate, per cent a year"), str(loan.frozen.annual_rate_pct)),
    )
    return Clause(_("The loan"), (), Table((_("What"), ""), tuple((str(a), b) for a, b in facts), (2, 3)))


def _listed(
    heading: str, nothing: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], widths: tuple[int, ...]
) -> Clause:
    return Clause(heading, (), Table(heads, tuple(rows), widths)) if rows else Clause(heading, (nothing,))


def _parties(loan: Loan) -> tuple[PartyLine, ...]:
    return (PartyLine(_("Lender"), _name(loan.bank)), PartyLine(_("Borrower"), _name(loan.borrower)))


def _name(one: Organisation) -> str:
    return str(one.name)


def _exact(loan: Loan, cents: int) -> str:
    return formats.money_exact(in_money(cents), loan.currency, translation.get_language() or "zh-hans")


def _day(one: date) -> str:
    return one.isoformat()


def _set(loan: Loan, number: str, paper: Paper, language: Language) -> bytes:
    return rendering.pdf(
        "paper",
        {
            "language": language,
            "market": wording.market_name(language),
            "number": number,
            "version": loan.schedules.count(),
            "words": wording.PAPER[language] | {"other": ""},
            "paper": paper.as_data(),
            "signers": [],
        },
    )
