"""The yearly fees of Chinese patents, as two published fee tables agree on them (design years 11–15 rest on one)."""

from datetime import date
from decimal import Decimal

from django.db import migrations

SOURCE = "CNIPA fee table, read in two reprints"
WEAK_SOURCE = "CNIPA fee table, read in one reprint"
# The tables name no first day; none of the fees is known to have been different within the life of a patent in force.
FROM = date(2001, 1, 1)
DESIGNS_FROM = date(2021, 6, 1)
RATES = (
    ("invention", 1, 3, 900),
    ("invention", 4, 6, 1200),
    ("invention", 7, 9, 2000),
    ("invention", 10, 12, 4000),
    ("invention", 13, 15, 6000),
    ("invention", 16, 20, 8000),
    ("utility_model", 1, 3, 600),
    ("utility_model", 4, 5, 900),
    ("utility_model", 6, 8, 1200),
    ("utility_model", 9, 10, 2000),
    ("design", 1, 3, 600),
    ("design", 4, 5, 900),
    ("design", 6, 8, 1200),
    ("design", 9, 10, 2000),
    ("design", 11, 15, 3000),
)


def add(apps, schema_editor):
    rate = apps.get_model("patents", "FeeRate")
    rate.objects.bulk_create(
        rate(
            office="CN",
            patent_kind=kind,
            first_year=first,
            last_year=last,
            amount=Decimal(amount),
            currency="CNY",
            valid_from=DESIGNS_FROM if first == 11 else FROM,
            source=WEAK_SOURCE if first == 11 and kind == "design" else SOURCE,
            is_verified=not (first == 11 and kind == "design"),
        )
        for kind, first, last, amount in RATES
    )


def take_away(apps, schema_editor):
    apps.get_model("patents", "FeeRate").objects.filter(office="CN").delete()


class Migration(migrations.Migration):
    dependencies = [("patents", "0001_initial")]
    operations = [migrations.RunPython(add, take_away)]
