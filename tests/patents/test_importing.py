"""The import service: what becomes of records, and that nothing is lost, doubled or half done."""

from __future__ import annotations

import zlib
from datetime import date
from pathlib import Path

import pytest
from django.db import connection

from listings.assets.models import Asset, Party
from listings.patents.models import Identifier, ImportRejection, ImportRun, ImportState, Patent, SourceRecord
from listings.patents.record import CitationIn, EventIn, PartyIn, PatentIn, RawRecord
from listings.patents.services import importing, runs, statuses
from listings.patents.services.importing import import_paths, import_records
from marketplace.core import clock
from marketplace.core.actor import SYSTEM
from marketplace.core.models import Event
from tests.cast import bo
from tests.patents.conftest import FLUORO, a_row, cn

pytestmark = pytest.mark.django_db(transaction=True)


def counts(summary) -> tuple[int, int, int, int, int]:
    return summary.records, summary.created, summary.updated, summary.unchanged, summary.rejected


def record(**told) -> PatentIn:
    base = {
        "source": "cnipa",
        "office": "CN",
        "application_number": cn("201910000001"),
        "title_zh": "一种膜",
        "kind": "invention",
    }
    return PatentIn(**{**base, **told})


def taken(*records: PatentIn, **options):
    items = [RawRecord("f", at, repr(one).encode(), one) for at, one in enumerate(records, 1)]
    return import_records(items, by=SYSTEM, organisation_id=options.pop("organisation_id", None), name="t", **options)


def test_a_spreadsheet_becomes_rights(sheet):
    summary = import_paths([sheet([a_row(1), a_row(2)])], by=SYSTEM)
    assert counts(summary) == (2, 2, 0, 0, 0)
    asset = Asset.objects.select_related("patent").get(number=cn("201910000001"))
    assert (asset.title_zh, asset.status, asset.filed_on, asset.expires_on) == (
        "一种含氟聚合物膜 1",
        "in_force",
        date(2019, 6, 18),
        date(2039, 6, 18),
    )
    assert asset.patent.ipc == ["C08J 5/22"]
    assert asset.patent.facts["title_zh"] == ["cn_sheet", clock.today().isoformat()]
    assert [one.name for one in asset.parties.filter(role="inventor")] == ["张三", "李四"]


def test_the_raw_record_is_kept(sheet):
    import_paths([sheet([a_row(1)])], by=SYSTEM)
    kept = SourceRecord.objects.get()
    assert "一种含氟聚合物膜 1" in zlib.decompress(kept.raw).decode()


def test_a_second_run_changes_nothing(sheet):
    path = sheet([a_row(1), a_row(2), a_row(1, 专利名称="另一版本")])  # two versions of one document in one file
    first = import_paths([path], by=SYSTEM)
    assert counts(first) == (3, 2, 1, 0, 0)
    before = list(Asset.objects.order_by("pk").values())
    second = import_paths([path], by=SYSTEM)
    assert counts(second) == (3, 0, 0, 3, 0)
    assert list(Asset.objects.order_by("pk").values()) == before


def test_doubles_within_a_batch_are_one_right(sheet):
    summary = import_paths([sheet([a_row(1), a_row(1), a_row(1)])], by=SYSTEM)
    assert counts(summary) == (3, 1, 0, 2, 0)
    assert Patent.objects.count() == 1


def test_batches_give_the_same_as_one(sheet):
    rows = [a_row(n % 7, 专利名称=f"名称 {n % 3}") for n in range(40)]
    import_paths([sheet(rows)], by=SYSTEM, batch=3)
    small = list(Asset.objects.order_by("number").values_list("number", "title_zh", "status"))
    Patent.objects.all().delete()
    Asset.objects.all().delete()
    import_paths([sheet(rows)], by=SYSTEM)
    assert list(Asset.objects.order_by("number").values_list("number", "title_zh", "status")) == small


def test_a_changed_record_updates_and_raises_the_version(sheet):
    import_paths([sheet([a_row(1)])], by=SYSTEM)
    summary = import_paths([sheet([a_row(1, 法律状态="未缴年费终止")])], by=SYSTEM)
    asset = Asset.objects.get()
    assert counts(summary) == (1, 0, 1, 0, 0)
    assert (asset.status, asset.version) == ("lapsed", 2)


def test_three_sources_meet_in_one_patent():
    number = cn("201910000001")
    taken(
        record(
            source="lens",
            as_of=date(2024, 1, 1),
            application_number="",
            publication_number="110000001",
            kind_code="A",
            title_zh="",
            title_en="Film",
        )
    )
    taken(
        record(
            source="cn_sheet",
            as_of=date(2026, 1, 1),
            application_number=number,
            publication_number="110000001",
            kind_code="B",
            title_zh="表格名",
        )
    )
    summary = taken(record(as_of=date(2020, 1, 1), application_number=number, title_zh="官方名"))
    assert counts(summary) == (1, 0, 1, 0, 0)
    patent = Patent.objects.select_related("asset").get()
    assert (patent.asset.title_zh, patent.asset.title_en) == ("官方名", "Film")
    assert patent.conflicts["title_zh"] == [["表格名", "cn_sheet", "2026-01-01"]]
    assert patent.source_records.count() == 3


def test_an_older_file_of_the_same_source_does_not_put_the_clock_back():
    taken(record(as_of=date(2026, 1, 1), title_zh="新"))
    summary = taken(record(as_of=date(2020, 1, 1), title_zh="旧"))
    assert counts(summary) == (1, 0, 0, 1, 0)
    assert Asset.objects.get().title_zh == "新"


def test_claims_and_events_enrich_without_replacing_the_biblio():
    taken(record(as_of=date(2024, 1, 1), publication_number="110000001", kind_code="B", ipc=["C08J 5/22"]))
    taken(
        record(
            as_of=date(2025, 1, 1),
            application_number="",
            publication_number="110000001",
            kind_code="B",
            title_zh="",
            claims=["1. 一种膜。"],
            partial=True,
        )
    )
    taken(
        record(
            as_of=date(2025, 1, 1),
            application_number="",
            publication_number="110000001",
            kind_code="B",
            title_zh="",
            events=[EventIn("PR", date(2024, 5, 1), "CN", text_zh="专利权质押合同登记的生效")],
            partial=True,
        )
    )
    patent = Patent.objects.select_related("asset").get()
    assert patent.asset.title_zh == "一种膜"
    assert (patent.ipc, patent.claims, patent.is_partial) == (["C08J 5/22"], ["1. 一种膜。"], False)
    assert patent.asset.legal_events.count() == 1


def test_claims_alone_make_a_right_that_is_not_shown_yet():
    taken(record(title_zh="", claims=["1"], partial=True))
    assert Patent.objects.get().is_partial


def test_two_rights_that_prove_to_be_one_are_joined():
    taken(
        record(application_number=cn("201910000001")),
        record(application_number="", publication_number="110000001", kind_code="B", title_zh="乙"),
    )
    assert Patent.objects.count() == 2
    summary = taken(record(publication_number="110000001", kind_code="B"))
    assert counts(summary) == (1, 0, 1, 0, 0)
    patent = Patent.objects.get()
    assert patent.source_records.count() == 2  # the record that joined them is the newest word of one of the documents
    assert set(patent.identifiers.values_list("number", flat=True)) == {cn("201910000001"), "110000001"}
    assert Asset.objects.count() == 1


def test_rights_in_use_are_not_joined(holder):
    taken(
        record(application_number=cn("201910000001")),
        record(application_number="", publication_number="110000001", kind_code="B", title_zh="乙"),
    )
    Asset.objects.filter(patent__application_number="").update(holder=holder.organisation)
    Asset.objects.exclude(patent__application_number="").update(holder=bo().organisation)
    summary = taken(record(publication_number="110000001", kind_code="B"))
    assert [one.code for one in summary.rejections] == ["number_belongs_to_another"]
    assert Patent.objects.count() == 2


def test_a_bad_record_does_not_stop_the_rest(sheet):
    wrong = a_row(2)
    wrong[0] = wrong[0][:-1] + ("1" if wrong[0][-1] != "1" else "2")
    summary = import_paths([sheet([a_row(1), wrong, a_row(3)])], by=SYSTEM)
    assert counts(summary) == (3, 2, 0, 0, 1)
    rejection = summary.rejections[0]
    assert (rejection.code, rejection.line) == ("check_digit", 3)
    assert ImportRejection.objects.get().params["expected"] == cn("201910000002")[-1]


def test_a_value_the_database_refuses_rejects_its_record_alone():
    summary = taken(
        record(),
        record(application_number=cn("201910000002"), title_zh="\ud800"),
        record(application_number=cn("201910000003")),
    )
    assert counts(summary) == (3, 2, 0, 0, 1)
    assert summary.rejections[0].code == "cannot_store"


def test_strict_takes_a_file_whole_or_not_at_all(sheet):
    wrong = a_row(2)
    wrong[0] = wrong[0][:-1] + ("1" if wrong[0][-1] != "1" else "2")
    summary = import_paths([sheet([a_row(1), wrong]), sheet([a_row(3)], "sound.csv")], by=SYSTEM, strict=True)
    assert counts(summary) == (3, 1, 0, 0, 2)
    assert [one.code for one in summary.rejections] == ["strict", "check_digit"]
    assert Asset.objects.get().number == cn("201910000003")
    run = ImportRun.objects.get()
    assert (run.records, run.created, run.rejected) == (3, 1, 2)


def test_each_batch_tells_which_rights_it_touched(sheet):
    import_paths([sheet([a_row(1), a_row(2)])], by=SYSTEM)
    event = Event.objects.get(kind="patents.imported")
    assert sorted(event.data["touched"]["assets.asset"]) == sorted(Asset.objects.values_list("pk", flat=True))
    import_paths([sheet([a_row(1), a_row(2)])], by=SYSTEM)
    assert Event.objects.filter(kind="patents.imported").count() == 1  # nothing touched, nothing told


def test_a_run_goes_on_behind_its_last_batch(sheet, monkeypatch):
    path = sheet([a_row(n) for n in range(1, 11)])
    run = runs.begin_direct(name="x", by=SYSTEM, strict=False, organisation_id=None)
    seen = []

    def break_off(summary):
        seen.append(summary.records)
        if summary.records == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_paths([path], by=SYSTEM, run=run, progress=break_off, batch=3)
    run.refresh_from_db()
    assert (run.position, run.created) == (6, 6)
    import_paths([path], by=SYSTEM, run=run, batch=3)
    run.refresh_from_db()
    assert (run.records, run.created, run.unchanged) == (10, 10, 0)


def test_a_cancelled_run_stops_and_keeps_what_it_took(sheet):
    path = sheet([a_row(n) for n in range(1, 11)])
    run = runs.begin_direct(name="x", by=SYSTEM, strict=False, organisation_id=None)

    def cancel(summary):
        runs.cancel(run_id=run.pk, by=SYSTEM)

    with pytest.raises(importing.Stopped):
        import_paths([path], by=SYSTEM, run=run, progress=cancel, batch=3)
    run.refresh_from_db()
    assert (run.state, run.created, Asset.objects.count()) == (ImportState.CANCELLED, 3, 3)


def test_a_check_says_what_an_import_would_do_and_writes_nothing(sheet):
    import_paths([sheet([a_row(1)])], by=SYSTEM)
    wrong = a_row(9, 申请日="昨天")
    path = sheet([a_row(1), a_row(2), a_row(2), a_row(3, 专利名称="新"), wrong])
    before = Event.objects.count(), Asset.objects.count()
    checked, rows = importing.check_path(path, organisation_id=None)
    assert (Event.objects.count(), Asset.objects.count()) == before
    done = import_paths([path], by=SYSTEM)
    assert counts(checked) == counts(done) == (5, 2, 0, 2, 1)
    assert [row["outcome"] for row in rows] == ["unchanged", "created", "unchanged", "created"]


class TestForAnOrganisation:
    def test_rights_that_name_it_become_its_own(self, sheet, holder):
        import_paths([sheet([a_row(1)])], by=holder.actor, organisation_id=holder.organisation.pk)
        assert Asset.objects.get().holder == holder.organisation

    def test_names_are_compared_without_width_and_spaces(self, sheet, holder):
        path = sheet([a_row(1, **{"申请（专利权）人": " 因氏氟材 有限公司;某大学"})])
        assert import_paths([path], by=holder.actor, organisation_id=holder.organisation.pk).created == 1

    def test_rights_of_others_are_refused(self, sheet, holder):
        path = sheet([a_row(1, **{"申请（专利权）人": "别家公司"})])
        summary = import_paths([path], by=holder.actor, organisation_id=holder.organisation.pk)
        assert [(one.code, one.params["owner"]) for one in summary.rejections] == [("not_your_right", "别家公司")]
        assert not Asset.objects.exists()

    def test_a_row_without_owners_is_taken_at_its_word(self, sheet, holder):
        path = sheet([a_row(1, **{"申请（专利权）人": ""})])
        import_paths([path], by=holder.actor, organisation_id=holder.organisation.pk)
        assert Asset.objects.get().holder == holder.organisation

    def test_silence_does_not_beat_the_owner_the_register_knows(self, sheet, holder):
        import_paths([sheet([a_row(1, **{"申请（专利权）人": "别家公司"})])], by=SYSTEM)
        path = sheet([a_row(1, **{"申请（专利权）人": "", "专利名称": "我的"})])
        summary = import_paths([path], by=holder.actor, organisation_id=holder.organisation.pk)
        assert [one.code for one in summary.rejections] == ["not_your_right"]

    def test_a_right_kept_by_another_stays_with_it(self, sheet, holder):
        other = bo()
        both = f"{FLUORO};{other.organisation.name_zh}"
        path = sheet([a_row(1, **{"申请（专利权）人": both})])
        import_paths([path], by=other.actor, organisation_id=other.organisation.pk)
        summary = import_paths([path], by=holder.actor, organisation_id=holder.organisation.pk)
        assert [one.code for one in summary.rejections] == ["held_by_another"]
        assert Asset.objects.get().holder == other.organisation

    def test_an_unheld_right_gains_its_holder(self, sheet, holder):
        path = sheet([a_row(1)])
        import_paths([path], by=SYSTEM)
        summary = import_paths([path], by=holder.actor, organisation_id=holder.organisation.pk)
        assert counts(summary) == (1, 0, 1, 0, 0)
        assert Asset.objects.get().holder == holder.organisation
        assert counts(import_paths([path], by=holder.actor, organisation_id=holder.organisation.pk)) == (1, 0, 0, 1, 0)


def test_imports_at_once_make_one_right(sheet):
    """Two imports of one file at the same time: without their turns both would make every right new."""
    import threading

    path = sheet([a_row(n) for n in range(1, 60)])
    errors: list[BaseException] = []

    def work():
        try:
            import_paths([path], by=SYSTEM, batch=5)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Patent.objects.count() == 59
    assert sum(ImportRun.objects.values_list("created", flat=True)) == 59


def test_everything_a_record_tells_is_stored():
    taken(
        record(
            parties=[PartyIn("owner", "甲", "A", "CN"), PartyIn("inventor", "乙")],
            citations=[CitationIn("9254383", "B2", "US", "X", "examiner"), CitationIn(text="Some paper")],
            events=[EventIn("授权", date(2021, 3, 23), "CN", text_zh="授权")],
            priority=[("US", "61/1", date(2018, 1, 1))],
            family=["US-1-A1"],
            cited_by_count=4,
            title_other={"ja": "膜"},
            locarno=["07-04"],
            extras={"pledged": "否"},
        )
    )
    patent = Patent.objects.select_related("asset").get()
    assert Party.objects.filter(asset=patent.asset).count() == 2
    assert [(one.office, one.number, one.text) for one in patent.citations.all()] == [
        ("US", "9254383", ""),
        ("", "", "Some paper"),
    ]
    assert (patent.priorities, patent.family, patent.cited_by_count, patent.locarno) == (
        [["US", "61/1", "2018-01-01"]],
        ["US-1-A1"],
        4,
        ["07-04"],
    )
    assert Identifier.objects.get().number == cn("201910000001")


def test_time_ends_rights_and_says_so(sheet, django_assert_max_num_queries):
    from datetime import datetime
    from zoneinfo import ZoneInfo

    with clock.at(datetime(2025, 1, 1, 12, tzinfo=ZoneInfo("Asia/Shanghai"))):
        import_paths([sheet([a_row(1, 专利类型="实用新型", 申请日="2019-06-18")])], by=SYSTEM)
    asset = Asset.objects.get()
    assert (asset.status, asset.expires_on, asset.next_change_on) == ("in_force", date(2029, 6, 18), date(2029, 6, 18))
    with clock.at(datetime(2029, 6, 17, 12, tzinfo=ZoneInfo("Asia/Shanghai"))):
        assert statuses.refresh_due() == 0
    with clock.at(datetime(2029, 6, 18, 12, tzinfo=ZoneInfo("Asia/Shanghai"))):
        assert statuses.refresh_due() == 1
        assert statuses.refresh_due() == 0
    asset.refresh_from_db()
    event = Event.objects.get(kind="asset.status")
    assert (asset.status, event.before, event.after, asset.version) == ("expired", "in_force", "expired", 2)


def test_a_missing_file_is_a_rejection(tmp_path: Path):
    summary = import_paths([tmp_path / "nothing.csv"], by=SYSTEM)
    assert [one.code for one in summary.rejections] == ["unreadable"]


@pytest.mark.parametrize(
    "text",
    [
        "tab\tline\nend\rback\\slash \"quoted\" \\N \\. 'single'",
        "\\N",
        "\n\\.\n",
        "None",
        "a mark \x1f between \x1e fields \x1d and \x01 more",
        "膜" * 3000,
    ],
)
def test_any_text_is_stored_as_it_is(text):
    """Rows go to the database by COPY, whose marks a text may hold."""
    sound = record(application_number=cn("201910000002"), title_zh="另一种膜")
    claims = [text, "2"]
    taken(record(abstract_zh=text, claims=claims, first_claim=text, filed_on=None), sound)
    patent = Patent.objects.get(application_number=cn("201910000001"))
    assert (patent.abstract_zh, patent.first_claim, patent.claims) == (text, text, claims)
    assert patent.asset.filed_on is None
    assert SourceRecord.objects.get(patent=patent).content["abstract_zh"] == text
    assert Asset.objects.get(number=cn("201910000002")).title_zh == "另一种膜"


def test_batches_are_small_where_records_are_large(monkeypatch):
    monkeypatch.setattr(importing, "BATCH_BYTES", 10_000)
    records = [record(application_number=cn(f"2019100{n:05d}"), abstract_zh="膜" * 1000) for n in range(9)]
    told: list[int] = []
    monkeypatch.setattr(importing._Job, "take", lambda job, chunk: told.append(len(chunk)))
    taken(*records)
    assert sum(told) == 9
    assert max(told) < 4


def test_json_is_written_alike_by_both_ways():
    from listings.patents.services import intake

    texts = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x11000), 0x1F600]))
    value = {"a": [texts, None, True, 3, -(2**40), [], {}], "b": {"c": '\\ " / \x7f'}}
    assert intake.dumps(value) == intake._encode(value).replace("\\u0000", "")
    odd = {"half": "\ud800", "big": 2**70}  # what the fast way refuses
    assert intake.dumps(odd) == intake._encode(odd)
