from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("patents", "0002_annuity_rates")]

    operations = [
        migrations.AddIndex(
            model_name="sourcerecord",
            index=models.Index(
                fields=["as_of"], name="source_records_by_date", condition=models.Q(as_of__isnull=False)
            ),
        ),
    ]
