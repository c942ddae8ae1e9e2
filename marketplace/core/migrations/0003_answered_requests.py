import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0002_event_seals'),
    ]

    operations = [
        migrations.CreateModel(
            name='AnsweredRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user_id', models.BigIntegerField()),
                ('key', models.CharField(max_length=120)),
                ('digest', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField()),
                ('answer', models.JSONField(null=True)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.AddIndex(
            model_name='answeredrequest',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['at'], name='answer_by_time'),
        ),
        migrations.AddConstraint(
            model_name='answeredrequest',
            constraint=models.UniqueConstraint(fields=('user_id', 'key'), name='one_answer_per_user_and_key'),
        ),
    ]
