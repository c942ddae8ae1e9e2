import time
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from listings.deals.services import offers
from tests import cast
from tests.deals.talks import a_negotiation, an_offer
@pytest.mark.django_db
def test_count():
    t = a_negotiation(); an_offer(t); by = cast.ines().actor
    with CaptureQueriesContext(connection) as q:
        c = time.process_time(); offers.accept_offer(negotiation_id=t.pk, version=1, by=by); c = time.process_time() - c
    open("/tmp/g/count.txt", "w").write(f"{len(q)} {c}\n" + "\n".join(x["sql"][:150] for x in q.captured_queries))
