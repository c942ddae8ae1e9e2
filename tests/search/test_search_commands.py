"""The commands, the subscriber and the probe: thin, but what an operator and the relay hold on to."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import pytest
from django.core.management import CommandError, call_command

from marketplace.core import health
from marketplace.search import index
from marketplace.search.index import Query
from marketplace.search.subscriber import index_changes
from tests.search.conftest import PAPERS, Papers


@pytest.fixture(autouse=True)
def only_papers(papers: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketplace.search.registry._collections", {"papers": (PAPERS, papers)})


@dataclass(frozen=True)
class Happened:
    kind: str
    number: int

    def touched(self) -> list[tuple[str, int]]:
        return [(self.kind, self.number)]


def test_rebuild_answers_on_stdout_only_with_its_answer(papers: Papers, capsys: pytest.CaptureFixture[str]) -> None:
    papers.put(1, title="膜", day=1)
    call_command("rebuild_search", "papers", "--json")
    out = capsys.readouterr().out
    assert json.loads(out)["papers"]["documents"] == 1
    call_command("rebuild_search", "--if-needed", "--json")
    assert json.loads(capsys.readouterr().out) == {}
    with pytest.raises(CommandError, match="nowhere"):
        call_command("rebuild_search", "nowhere")


def test_check_exits_with_1_on_a_difference(papers: Papers, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as missing:
        call_command("check_search", "--json")
    assert missing.value.code == 1
    capsys.readouterr()
    papers.put(1, title="膜", day=1)
    index.rebuild("papers")
    call_command("check_search", "--json")
    assert json.loads(capsys.readouterr().out)["papers"]["is_sound"] is True
    papers.put(2, title="膜", day=1)
    with pytest.raises(SystemExit) as different:
        call_command("check_search")
    assert different.value.code == 1
    assert "1 missing (2)" in capsys.readouterr().out


def test_events_bring_their_documents_up_to_date(papers: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    owners = {7: [1, 2]}
    related = replace(PAPERS, related={"tests.owner": lambda ids: [paper for one in ids for paper in owners[one]]})
    monkeypatch.setattr("marketplace.search.registry._collections", {"papers": (related, papers)})
    for one in (1, 2, 3):
        papers.put(one, title="膜", day=one)
    index_changes([Happened("tests.paper", 3), Happened("tests.other", 1)])
    assert index.search("papers", Query()).ids == [3]
    index_changes([Happened("tests.owner", 7)])
    assert index.search("papers", Query()).ids == [3, 2, 1]
    del papers.rows[3]
    index_changes([Happened("tests.paper", 3)] * 2)
    assert index.search("papers", Query()).ids == [2, 1]


def test_events_wait_for_a_rebuild_without_failing(papers: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    papers.put(1, title="膜", day=1)
    index.rebuild("papers")
    other = replace(PAPERS, fields=(*PAPERS.fields, index.Sort("extra")))
    monkeypatch.setattr("marketplace.search.registry._collections", {"papers": (other, papers)})
    papers.put(2, title="膜", day=1)
    index_changes([Happened("tests.paper", 2)])
    assert index.ready("papers").state == "outdated"
    index.rebuild("papers")
    assert index.search("papers", Query()).total == 2


def test_the_probe_tells_the_state(papers: Papers) -> None:
    assert health.parts  # the probe is registered beside the others
    probe = health._probes["search"]
    assert probe().is_ready is False
    index.upsert("papers", [])
    assert probe().is_ready is True
