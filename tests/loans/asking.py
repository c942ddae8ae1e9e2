"""Random loans: hundreds of thousands of kinds from a few lists, always with a schedule."""

from datetime import date, timedelta
from decimal import Decimal

METHODS = ("EQUAL_INSTALMENT", "EQUAL_PRINCIPAL", "INTEREST_ONLY_BULLET", "SINGLE_PAYMENT", "FIXED_INSTALMENT")
DAY_COUNTS = (
    "30E/360",
    "30U/360",
    "ACT/360",
    "ACT/365",
    "ACT/ACT-ISDA",
    "rate/12 per month",
    "per-period rate",
    "none",
)
ROUNDINGS = ("HALF_UP", "HALF_EVEN", "CEILING", "NONE")


def random_loan(chance, method, day_count, rounding):
    """(convention, input) of a loan; `chance` is a random.Random."""
    convention = {
        "method": method,
        "day_count": day_count,
        "interest_rounding": rounding,
        "instalment_rounding": chance.choice(ROUNDINGS),
        "unit": chance.choice(("0.01", "0.01", "0.01", "1", "0.05", "10")),
        "broken_period": chance.choice(("DAY_COUNT", "MONTH_FRACTION")),
    }
    start = date(2019, 1, 1) + timedelta(chance.randrange(2600))
    count = chance.choice((1, 2, 3, 6, 12, 24, 36, chance.randrange(1, 61)))
    frequency = chance.choice(("MONTH", "MONTH", "3 MONTHS", "2 MONTHS", "14 DAYS", "45 DAYS"))
    principal = Decimal(chance.randrange(5_000_00, 50_000_000_00)) / 100
    given = {"principal": str(principal), "start": str(start), "frequency": frequency}
    if day_count == "per-period rate":
        given["period_rate_pct"] = str(Decimal(chance.randrange(0, 200)) / 100)
    elif day_count != "none":
        given["annual_rate_pct"] = str(Decimal(chance.randrange(0, 2400)) / 100)
    if chance.random() < 0.3:
        given["first_due"] = str(start + timedelta(chance.randrange(1, 80)))
    if chance.random() < 0.3:
        least = date.fromisoformat(given.get("first_due", str(start)))
        given["maturity"] = str(least + timedelta(chance.randrange(1, 1500)))
    else:
        given["count"] = count
    if chance.random() < 0.25 and count > 2 and "count" in given:
        given["principal_grace_periods"] = chance.randrange(count - 1)
    if chance.random() < 0.2:
        given["interest_grace_periods"] = chance.randrange(4)
    if chance.random() < 0.3:
        first = date.fromisoformat(given["first_due"]) if "first_due" in given else start + timedelta(14)
        end = date.fromisoformat(given["maturity"]) if "maturity" in given else first + timedelta(13 * (count - 1))
        span = max((end - start).days, 1)
        later = sorted({start + timedelta(chance.randrange(span)) for _ in range(chance.randrange(1, 4))})
        part = principal / 10
        cents = Decimal("0.01")
        given["disbursements"] = [
            {"date": str(start), "amount": str((principal - part * len(later)).quantize(cents))},
            *({"date": str(day), "amount": str(part.quantize(cents))} for day in later),
        ]
        del given["principal"]
    if method == "FIXED_INSTALMENT":
        given["instalment"] = str((principal / chance.choice((5, 9, 20, 30))).quantize(Decimal("0.01")))
    return convention, given
