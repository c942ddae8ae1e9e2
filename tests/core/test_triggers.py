"""A session variable switches no trigger off."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, connection, transaction

from marketplace.core import events
from marketplace.core.models import Event
from tests import cast

pytestmark = pytest.mark.django_db


def test_naming_a_trigger_to_be_skipped_skips_nothing() -> None:
    ines = cast.ines()
    row = events.record("organisation.note", ines.organisation, ines.actor, data={})
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'core_event'::regclass AND NOT tgisinternal")
        names = [name for (name,) in cursor.fetchall()]
        assert names
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", ["{" + ",".join(names) + "}"])
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        Event.objects.filter(pk=row.pk).update(reason="rewritten")
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        Event.objects.filter(pk=row.pk).delete()
