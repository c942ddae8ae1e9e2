"""Recorded papers of the USPTO: read, kept once, linked to the rights that are here now or come later."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from listings.patents.models import Identifier
from listings.rights.checking import check
from listings.rights.models import Conveyance, Entry, Recordation, RecordedProperty
from listings.rights.readers.uspto_assignments import PaperIn, PaperRefused, conveyance_of, named_paper, read_file
from listings.rights.services import recordations
from listings.rights.states import Act, EndReason, EntryKind, Source
from listings.rights.subscribers import link_recorded_papers
from marketplace.core import events
from marketplace.core.actor import SYSTEM
from marketplace.core.models import Event
from tests import cast
from tests.catalogue.makers import a_right

SAMPLE = Path(__file__).parent / "samples" / "assignments.xml"
pytestmark = pytest.mark.django_db


def papers() -> list[PaperIn]:
    found = list(read_file(SAMPLE))
    assert all(isinstance(one, PaperIn) for one in found)
    return found  # type: ignore[return-value]


@pytest.fixture
def membrane():
    """The right of the sample's application, as an import leaves it."""
    right = a_right(office="US", number="15/334090", title_en="Membrane")
    Identifier.objects.create(patent=right.patent, sort="application", office="US", number="15/334090")
    return right


def test_a_paper_is_read_with_its_numbers_made_canonical():
    [assignment, security, *_] = papers()

    assert (assignment.number, assignment.conveyance) == ("700-1", Conveyance.ASSIGNMENT)
    assert (assignment.recorded_on, assignment.executed_on) == (date(2018, 2, 1), date(2018, 1, 15))
    assert security.executed_on is None and len(security.properties) == 2
    assert security.properties[1].application_number == "14/111222" and security.properties[1].grant_number == "9876543"
    assert assignment.properties[0].grant_number == ""


@pytest.mark.parametrize(
    ("text", "conveyance"),
    [
        ("ASSIGNMENT OF ASSIGNORS INTEREST.", Conveyance.ASSIGNMENT),
        ("SECURITY INTEREST (SEE DOCUMENT FOR DETAILS).", Conveyance.SECURITY),
        ("PATENT SECURITY AGREEMENT", Conveyance.SECURITY),
        ("RELEASE BY SECURED PARTY", Conveyance.RELEASE),
        ("TERMINATION AND RELEASE OF PATENT SECURITY AGREEMENT", Conveyance.RELEASE),
        ("MERGER (SEE DOCUMENT FOR DETAILS).", Conveyance.MERGER),
        ("CHANGE OF NAME (SEE DOCUMENT FOR DETAILS).", Conveyance.NAME_CHANGE),
        ("CORRECTIVE ASSIGNMENT TO PREVIOUSLY RECORDED ON REEL 013206 AND FRAME 0683.", Conveyance.CORRECTION),
        ("LICENSE (SEE DOCUMENT FOR DETAILS).", Conveyance.LICENCE),
        ("COURT APPOINTMENT OF TRUSTEE", Conveyance.OTHER),
    ],
)
def test_the_words_say_what_a_paper_does(text, conveyance):
    assert conveyance_of(text) == conveyance


def test_a_paper_names_another_by_reel_and_frame():
    assert named_paper("RECORDED AT REEL 048818/FRAME 0520") == "48818-520"
    assert named_paper("RECORDED ON REEL 013206 AND FRAME 0683.") == "13206-683"
    assert named_paper("SECURITY INTEREST") == ""


def test_papers_of_a_right_become_its_entries(membrane):
    summary = recordations.import_recordations([SAMPLE])

    assert (summary.papers, summary.created, summary.rights, summary.linked) == (5, 5, 6, 5)
    found = {one.reference: one for one in Entry.objects.filter(asset=membrane)}
    assert {one.source for one in found.values()} == {Source.USPTO} and all(
        one.is_recorded_only for one in found.values()
    )
    first, security = found["Reel 700 / Frame 1"], found["Reel 701 / Frame 2"]
    assert (first.kind, first.ended_on, first.end_reason) == (
        EntryKind.OWNERSHIP,
        date(2020, 2, 20),
        EndReason.ASSIGNED,
    )
    assert (security.kind, security.ended_on, security.end_reason) == (
        EntryKind.PLEDGE,
        date(2019, 5, 20),
        EndReason.RELEASED,
    )
    assert found["Reel 704 / Frame 5"].kind == EntryKind.NAME_CHANGE and "Reel 702 / Frame 3" not in found
    assert Recordation.objects.get(number="701-2").raw["conveyanceText"].startswith("SECURITY")


def test_what_was_recorded_binds_nobody_but_is_told(membrane):
    recordations.import_recordations([SAMPLE])

    past = check([membrane.pk], Act.ASSIGN, holder_id=membrane.holder_id, on=date(2018, 7, 1))
    assert past.is_allowed and "security_interest_recorded" in {one.code for one in past.findings}
    assert check([membrane.pk], Act.ASSIGN, holder_id=membrane.holder_id).findings == []


def test_importing_again_adds_nothing(membrane):
    recordations.import_recordations([SAMPLE])
    before = (Entry.objects.count(), RecordedProperty.objects.count(), Event.objects.count())

    again = recordations.import_recordations([SAMPLE])

    assert (again.unchanged, again.created, again.updated, again.entries) == (5, 0, 0, 0)
    assert (Entry.objects.count(), RecordedProperty.objects.count(), Event.objects.count()) == before


def test_an_older_account_of_a_paper_changes_nothing_and_a_newer_one_is_taken(tmp_path, membrane):
    recordations.import_recordations([SAMPLE])
    text = SAMPLE.read_text()
    older, newer = tmp_path / "older.xml", tmp_path / "newer.xml"
    older.write_text(text.replace("2019-01-01T", "2017-01-01T").replace("FIRST BANK", "OTHER BANK"))
    newer.write_text(text.replace("2019-01-01T", "2024-01-01T").replace("FIRST BANK, N.A., AS", "SECOND BANK AS"))

    recordations.import_recordations([older])
    assert Recordation.objects.get(number="701-2").assignees == ["FIRST BANK, N.A., AS COLLATERAL AGENT"]
    assert recordations.import_recordations([newer]).updated >= 2
    assert Recordation.objects.get(number="701-2").assignees == ["SECOND BANK AS COLLATERAL AGENT"]
    assert Entry.objects.filter(asset=membrane, kind=EntryKind.PLEDGE).count() == 1


def test_papers_wait_for_a_right_that_is_imported_later():
    recordations.import_recordations([SAMPLE])
    assert not Entry.objects.exists() and RecordedProperty.objects.filter(asset=None).count() == 6

    pump = a_right(office="US", number="9876543", title_en="Pump")
    Identifier.objects.create(patent=pump.patent, sort="publication", office="US", number="9876543")
    told = events.record("patents.imported", pump, SYSTEM, data={"touched": {"assets.asset": [pump.pk]}})
    link_recorded_papers([told])
    link_recorded_papers([told])

    [entry] = Entry.objects.filter(asset=pump)
    assert entry.kind == EntryKind.PLEDGE and entry.party_name.startswith("FIRST BANK") and entry.ended_at is None
    assert RecordedProperty.objects.filter(asset=None).count() == 5


def test_the_order_of_arrival_does_not_matter(membrane, tmp_path):
    head, *docs = SAMPLE.read_text().split("<doc>")
    last = docs[-1].replace("</result></response>", "")
    for at, doc in enumerate([last, *reversed(docs[:-1])]):
        path = tmp_path / f"{at}.xml"
        path.write_text(f"{head}<doc>{doc.strip()}</result></response>")
        recordations.import_recordations([path])

    ended = {one.reference: one.end_reason for one in Entry.objects.filter(asset=membrane)}
    assert ended["Reel 700 / Frame 1"] == EndReason.ASSIGNED and ended["Reel 701 / Frame 2"] == EndReason.RELEASED


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("<response><result><doc><str name='reelNo'>1</str></doc></result></response>", "no_number"),
        (
            "<response><doc><str name='reelNo'>1</str><str name='frameNo'>2</str>"
            "<date name='recordedDate'>x</date></doc>"
            "</response>",
            "bad_date",
        ),
        ("<note/>", "unknown_format"),
        ("no xml at all", "unknown_format"),
        ("<response><doc>", "bad_xml"),
        ("<!DOCTYPE r [<!ENTITY a 'b'>]><response>&a;</response>", "entities"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_place(tmp_path, content, code):
    path = tmp_path / "x.xml"
    path.write_text(content)

    [found] = list(read_file(path))
    assert isinstance(found, PaperRefused) and found.code == code


def test_the_command_tells_what_it_did(membrane):
    said = io.StringIO()
    call_command("import_recordations", SAMPLE, "--json", stdout=said)
    assert json.loads(said.getvalue())["created"] == 5

    said = io.StringIO()
    call_command("import_recordations", SAMPLE, stdout=said)
    assert "5 unchanged" in said.getvalue()
    assert cast.ines().organisation.pk == membrane.holder_id


def test_the_command_says_what_was_refused_and_ends_with_one(tmp_path):
    (tmp_path / "torn.xml").write_text("<response><doc>")
    said = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("import_recordations", tmp_path, stdout=said)
    first, last = said.getvalue().splitlines()
    assert ended.value.code == 1 and "torn.xml" in first and first.endswith("bad_xml")
    assert last.startswith("1 files, 0 papers: 0 created") and "1 refused" in last


def test_the_command_asks_for_files_that_are_there(tmp_path):
    with pytest.raises(CommandError, match="nowhere") as refused:
        call_command("import_recordations", SAMPLE, tmp_path / "nowhere")
    assert refused.value.returncode == 2 and not Recordation.objects.exists()


def test_a_file_that_cannot_be_opened_is_a_refusal_and_the_others_are_read(tmp_path, monkeypatch):
    def read(path: Path):
        if path.name == "locked.xml":
            raise PermissionError(13, "Permission denied")
        return read_file(path)

    (tmp_path / "locked.xml").write_text("")
    (tmp_path / "open.xml").write_text(SAMPLE.read_text())
    monkeypatch.setattr(recordations, "read_file", read)
    heard: list[int] = []
    summary = recordations.import_recordations([tmp_path], progress=lambda so_far: heard.append(so_far.papers))

    [found] = summary.refused
    assert (summary.files, summary.created, heard) == (2, 5, [1, 2, 3, 4, 5])
    assert (Path(found.file).name, found.code, found.params) == (
        "locked.xml",
        "unreadable",
        {"detail": "Permission denied"},
    )


@pytest.mark.parametrize("names", [True, False])
def test_a_correction_ends_the_paper_it_names_and_no_other(tmp_path, membrane, names):
    text = SAMPLE.read_text().replace(
        "CHANGE OF NAME (SEE DOCUMENT FOR DETAILS).",
        f"CORRECTIVE ASSIGNMENT TO CORRECT THE ASSIGNEE{' PREVIOUSLY RECORDED ON REEL 703 FRAME 4' if names else ''}",
    )
    (tmp_path / "corrected.xml").write_text(text)
    recordations.import_recordations([tmp_path])

    found = {one.reference: one for one in Entry.objects.filter(asset=membrane)}
    assert found["Reel 704 / Frame 5"].kind == EntryKind.OWNERSHIP and found["Reel 704 / Frame 5"].ended_at is None
    assert found["Reel 703 / Frame 4"].end_reason == (EndReason.MISTAKEN if names else "")


def test_a_release_that_names_no_paper_ends_what_its_giver_held(tmp_path, membrane):
    text = SAMPLE.read_text().replace(" RECORDED AT REEL 000701/FRAME 0002", "")
    (tmp_path / "unnamed.xml").write_text(text)
    recordations.import_recordations([tmp_path])

    found = {one.reference: one for one in Entry.objects.filter(asset=membrane)}
    assert found["Reel 701 / Frame 2"].end_reason == EndReason.RELEASED
    assert found["Reel 703 / Frame 4"].ended_at is None


def test_a_merger_passes_ownership_on_and_a_licence_is_an_ordinary_one(tmp_path, membrane):
    text = SAMPLE.read_text().replace("CHANGE OF NAME (SEE", "MERGER (SEE")
    text = text.replace("SECURITY INTEREST (SEE DOCUMENT FOR DETAILS)", "LICENSE (SEE DOCUMENT FOR DETAILS)")
    text = text.replace(" RECORDED AT REEL 000701/FRAME 0002", "")  # and so ends security interests only
    (tmp_path / "merged.xml").write_text(text)
    recordations.import_recordations([tmp_path])

    found = {one.reference: one for one in Entry.objects.filter(asset=membrane)}
    assert found["Reel 703 / Frame 4"].end_reason == EndReason.ASSIGNED
    licence = found["Reel 701 / Frame 2"]
    assert (licence.kind, licence.licence_type, licence.ended_at) == (EntryKind.LICENCE, "ordinary", None)
