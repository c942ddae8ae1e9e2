import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import cast
from tests.deals import stages
pytestmark = pytest.mark.django_db(transaction=True)
def test_show(settings, tmp_path):
    settings.RUN_DIR = tmp_path/"run"
    deal = stages.agreed()
    browsers = {"seller": cast.ines().signed_in(), "operator": cast.ops().signed_in()}
    out = open("/tmp/s4_deal.txt","w")
    for stage in (None, stages.signed, stages.paid, stages.recorded):
        deal = stage(deal) if stage else deal
        for side, b in browsers.items():
            url=f"/workspace/deals/{deal.number}/"
            cache.clear(); b.get(url)
            with CaptureQueriesContext(connection) as seen:
                b.get(url)
            print("=====", deal.state, side, len(seen), file=out)
            for q in seen.captured_queries:
                s=q["sql"]; i=s.find(" FROM ")
                print("  ", s[:110], "...", s[i:i+400], file=out)
