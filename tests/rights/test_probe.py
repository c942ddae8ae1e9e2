import pytest
from datetime import date
from listings.rights.models import Entry
from listings.rights.scope import Scope
from listings.rights.fields import *
from marketplace.core import clock
from tests.catalogue.makers import a_right
pytestmark = pytest.mark.django_db

def test_it():
    a = a_right()
    s = Scope(("330000",), ("C08F",))
    e = Entry.objects.create(asset=a, kind="licence", licence_type="exclusive", party_name="X", territory=s.territory, field=s.field, starts_on=date(2026,1,1), ends_on=date(2027,1,1), source="operator", created_at=clock.now())
    e.refresh_from_db()
    print(e.territory, e.field, e.period, e.last_day)
    assert Entry.objects.filter(territory__overlap=Scope(("330800",)).territory).exists()
    assert not Entry.objects.filter(territory__overlap=Scope(("320000",)).territory).exists()
    assert Entry.objects.filter(territory__overlap=Scope().territory).exists()
    assert Entry.objects.on(date(2027,1,1)).exists() and not Entry.objects.on(date(2027,1,2)).exists()
    from django.db import IntegrityError, transaction
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.create(asset=a, kind="licence", licence_type="sole", party_name="X", territory=Scope().territory, field=s.field, starts_on=date(2026,5,1), source="operator", created_at=clock.now())

def test_two():
    from django.db import connection, IntegrityError, transaction
    a = a_right()
    def mk(t, f, s, e=None, lt="exclusive"):
        try:
            with transaction.atomic():
                x=Entry.objects.create(asset=a, kind="licence", licence_type=lt, party_name="X", territory=t, field=f, starts_on=s, ends_on=e, source="operator", created_at=clock.now())
            return "ok"
        except IntegrityError as err: return "refused"
    d=date
    w=Scope()
    z=Scope(("330000",),("C08F",))
    print(mk(z.territory,z.field,d(2026,1,1),d(2026,2,1)))
    print("same", mk(z.territory,z.field,d(2026,1,1),d(2026,2,1)))
    print("whole t", mk(w.territory,z.field,d(2026,1,1),d(2026,2,1)))
    print("whole f", mk(z.territory,w.field,d(2026,1,1),d(2026,2,1)))
    print("open end", mk(z.territory,z.field,d(2026,1,1)))
    print("hang", mk(Scope(("330800",)).territory,z.field,d(2026,1,1)))
    with connection.cursor() as c:
        c.execute("select version()"); print(c.fetchone())
        c.execute("select '{[330000,340000)}'::int4multirange && '{(,)}'::int4multirange, '{(,)}'::int4multirange && '{[330000,340000)}'::int4multirange, %s::text, %s::text", [w.territory, z.territory]); print(c.fetchone())
