"""The index beside an import: `import_patents` has what it imported found at its end, by a process that follows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from listings.assets.models import Asset
from listings.patents.services import indexing
from marketplace.core import relay
from marketplace.core.models import Subscription
from marketplace.search import index
from tests.patents.conftest import a_row

pytestmark = pytest.mark.django_db(transaction=True)
FOUND = index.Query(text="含氟聚合物膜", per_page=1000)


@pytest.fixture
def own_site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a process of its own needs to work on this test's database and index."""
    named = connection.settings_dict
    user, password = quote(named["USER"], safe=""), quote(named["PASSWORD"], safe="")
    # a socket's folder stands in the query
    place = f"/{named['NAME']}?host={quote(str(named['HOST']), safe='')}&port={named['PORT']}"
    monkeypatch.setenv("DATABASE_URL", f"postgresql://{user}:{password}@{place}")
    monkeypatch.setenv("REDIS_URL", settings.REDIS_URL)
    monkeypatch.setenv("RUN_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("SEARCH_INDEX_DIR", str(settings.SEARCH_INDEX_DIR))


def searcher() -> relay.Subscriber:
    return next(one for one in relay.subscribers() if one.name == "search")


def imported(path: Path) -> dict:
    out = StringIO()
    call_command("import_patents", str(path), "--json", stdout=out, stderr=StringIO())
    return json.loads(out.getvalue())


def test_an_import_is_found_when_its_command_ends(own_site, sheet):
    answer = imported(sheet([a_row(n) for n in range(1, 41)]))
    assert answer["created"] == 40
    assert sorted(index.search("patents", FOUND).ids) == sorted(Asset.objects.values_list("pk", flat=True))
    assert index.check("patents").none
    assert relay.lag()["search"] == 0


def test_the_command_as_operators_run_it_ends_with_a_sound_index(own_site, sheet):
    path = sheet([a_row(n) for n in range(1, 21)])
    done = subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "import_patents", str(path), "--json"],
        capture_output=True,
        text=True,
        env=dict(os.environ),
        timeout=120,
        check=False,
    )
    assert (done.returncode, json.loads(done.stdout)["created"]) == (0, 20), done.stderr
    assert len(index.search("patents", FOUND).ids) == 20


@pytest.mark.parametrize("program", ["/bin/false", "/no/such/program"])
def test_an_import_is_whole_without_its_follower_and_the_relay_indexes_later(own_site, monkeypatch, sheet, program):
    monkeypatch.setattr(indexing.sys, "executable", program)
    answer = imported(sheet([a_row(n) for n in range(1, 6)]))
    assert (answer["created"], answer["rejected"]) == (5, [])
    assert Asset.objects.count() == 5
    assert not Subscription.objects.filter(name="search").exists()
    relay.relay_to(searcher())
    assert len(index.search("patents", FOUND).ids) == 5


def test_many_changes_at_once_are_indexed_in_parts(own_site, monkeypatch, sheet):
    """Memory holds a part: what waits may be a million documents."""
    from marketplace.search import subscriber

    monkeypatch.setattr(subscriber, "AT_ONCE", 7)
    monkeypatch.setattr(indexing.sys, "executable", "/bin/false")
    imported(sheet([a_row(n) for n in range(1, 21)]))
    before = index.generation("patents") if index.ready("patents").is_ready else 1  # the first, empty one
    relay.relay_to(searcher())
    assert index.generation("patents") - before == 3
    assert index.check("patents").none
