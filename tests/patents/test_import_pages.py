"""Bringing patents in through the browser: upload, check, correct, go ahead."""

from __future__ import annotations

import csv
import io
import zipfile

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from listings.assets.models import Asset
from listings.patents.models import ImportRun, ImportState
from listings.patents.services import runs, work
from marketplace.accounts.roles import Role
from marketplace.core import clock
from tests.builders import a_person, joins
from tests.cast import Part, bo
from tests.patents.conftest import HEAD, a_row, cn, csv_bytes

pytestmark = pytest.mark.django_db(transaction=True)


def wrong_row(serial: int) -> list[str]:
    row = a_row(serial)
    row[0] = row[0][:-1] + ("1" if row[0][-1] != "1" else "2")
    return row


def upload(browser: Client, content: bytes, name: str = "patents.csv", **told: str):
    return browser.post(reverse("import_new"), {"file": SimpleUploadedFile(name, content), **told})


def uploaded(browser: Client, content: bytes, name: str = "patents.csv", **told: str) -> ImportRun:
    answer = upload(browser, content, name, **told)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    run = ImportRun.objects.latest("pk")
    work.work(run.pk)
    run.refresh_from_db()
    return run


def test_from_mistakes_to_rights(holder: Part):
    browser = holder.signed_in()
    run = uploaded(browser, csv_bytes([a_row(1), wrong_row(2), a_row(3, 申请日="昨天")]))
    assert run.state == ImportState.CHECKED
    assert run.found == {"records": 3, "created": 1, "updated": 0, "unchanged": 0, "rejected": 2}
    assert not Asset.objects.exists()  # a check takes nothing
    page = browser.get(reverse("import_run", args=[run.pk])).content.decode()
    assert f"末位应为 {cn('201910000002')[-1]}" in page
    assert "昨天" in page

    errors = browser.get(reverse("import_errors", args=[run.pk, "csv"])).getvalue().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(errors)))
    assert rows[0][: len(HEAD)] == HEAD
    assert [row[len(HEAD) + 1] for row in rows[1:]] == ["3", "4"]
    rows[1][0] = cn("201910000002")
    rows[2][HEAD.index("申请日")] = "2019-06-18"

    assert browser.post(reverse("import_go", args=[run.pk])).status_code == 302
    assert work.work(run.pk) == ImportState.DONE
    run.refresh_from_db()
    assert (run.records, run.created, run.rejected) == (3, 1, 2)

    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    again = uploaded(browser, out.getvalue().encode("utf-8-sig"), "corrected.csv")
    assert again.found["created"] == 2
    browser.post(reverse("import_go", args=[again.pk]))
    work.work(again.pk)
    assert Asset.objects.filter(holder=holder.organisation).count() == 3


def test_errors_as_a_workbook_cannot_run_formulas(holder: Part):
    browser = holder.signed_in()
    run = uploaded(browser, csv_bytes([a_row(3, 申请日="昨天", 专利名称='=HYPERLINK("http://x")')]))
    answer = browser.get(reverse("import_errors", args=[run.pk, "xlsx"]))
    sheet = openpyxl.load_workbook(io.BytesIO(answer.getvalue())).active
    cell = sheet.cell(2, HEAD.index("专利名称") + 1)
    assert (cell.data_type, cell.value) == ("s", '\'=HYPERLINK("http://x")')


def test_progress_works_as_a_part_and_as_a_page(holder: Part):
    browser = holder.signed_in()
    upload(browser, csv_bytes([a_row(1)]))
    run = ImportRun.objects.get()
    whole = browser.get(reverse("import_run", args=[run.pk]))
    part = browser.get(reverse("import_run", args=[run.pk]) + "?part=1", headers={"HX-Request": "true"})
    assert "hx-trigger" in part.content.decode()
    assert part.content.decode().strip().startswith('<div id="import-state"')
    assert "<html" in whole.content.decode()


def test_a_run_can_be_cancelled_before_it_takes_anything(holder: Part):
    browser = holder.signed_in()
    run = uploaded(browser, csv_bytes([a_row(1)]))
    assert browser.post(reverse("import_cancel", args=[run.pk])).status_code == 302
    run.refresh_from_db()
    assert run.state == ImportState.CANCELLED
    assert browser.post(reverse("import_go", args=[run.pk])).status_code == 409
    assert not Asset.objects.exists()


def test_strict_refuses_to_go_ahead_with_errors(holder: Part):
    browser = holder.signed_in()
    run = uploaded(browser, csv_bytes([a_row(1), wrong_row(2)]), is_strict="on")
    assert browser.post(reverse("import_go", args=[run.pk])).status_code == 422
    assert "要么全部" in browser.get(reverse("import_run", args=[run.pk])).content.decode()


def test_runs_of_others_do_not_exist(holder: Part):
    run = uploaded(holder.signed_in(), csv_bytes([a_row(1)]))
    other = bo().signed_in()
    for name, args in (("import_run", [run.pk]), ("import_errors", [run.pk, "csv"])):
        assert other.get(reverse(name, args=args)).status_code == 404
    for name in ("import_go", "import_cancel"):
        assert other.post(reverse(name, args=[run.pk])).status_code == 404
    assert (
        str(run.pk) not in other.get(reverse("import_list")).content.decode().split("</main>")[0].partition("<main")[2]
    )


def test_readers_may_not_import(holder: Part, index_now):
    index_now()
    reader = a_person()
    joins(reader, holder.organisation, [Role.READ_ONLY])
    browser = Part(reader, holder.organisation).signed_in()
    assert browser.get(reverse("import_new")).status_code == 403
    assert browser.get(reverse("patent_add")).status_code == 403
    assert browser.get(reverse("portfolio")).status_code == 200


@pytest.mark.parametrize("name", ["portfolio", "import_list", "import_new", "patent_add", "number_check"])
def test_visitors_are_asked_to_sign_in(client: Client, name: str):
    answer = client.get(reverse(name))
    assert answer.status_code == 302
    assert "login" in answer.url


def test_what_is_no_patent_file_is_refused_at_the_door(holder: Part):
    answer = upload(holder.signed_in(), b"\x89PNG\r\n\x1a\n" + b"0" * 100, "patents.csv")
    assert answer.status_code == 422
    assert not ImportRun.objects.exists()


def test_a_bomb_is_refused_in_words_people_understand(holder: Part):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * 200_000_000)
    browser = holder.signed_in()
    run = uploaded(browser, out.getvalue(), "bomb.zip")
    assert (run.state, run.found["rejected"]) == (ImportState.CHECKED, 1)
    page = browser.get(reverse("import_run", args=[run.pk])).content.decode()
    assert "解压" in page
    assert browser.post(reverse("import_go", args=[run.pk])).status_code == 422


def test_script_in_every_cell_is_shown_as_text(holder: Part):
    browser = holder.signed_in()
    evil = "<script>alert(1)</script>"
    run = uploaded(
        browser,
        csv_bytes([a_row(1, **{"专利名称": evil, "摘要": evil, "发明（设计）人": evil}), a_row(2, 申请日=evil)]),
        f"{evil}.csv",
    )
    page = browser.get(reverse("import_run", args=[run.pk])).content.decode()
    assert evil not in page
    browser.post(reverse("import_go", args=[run.pk]))
    work.work(run.pk)
    asset = Asset.objects.get()
    shown = browser.get(reverse("patent_detail", args=[asset.pk])).content.decode()
    assert evil not in shown
    assert "&lt;script&gt;" in shown


def test_the_template_imports_without_a_mistake(holder: Part, client: Client):
    for kind in ("csv", "xlsx"):
        template = client.get(reverse("import_template", args=[kind]))
        assert template.status_code == 200
        run = uploaded(holder.signed_in(), template.getvalue(), f"template.{kind}")
        # the example's owner is another firm, so the row is read and refused for that alone
        assert run.found["records"] == 1
        assert [one.code for one in run.rejections.all()] == ["not_your_right"]


def test_a_worker_that_died_is_replaced(holder: Part):
    run = uploaded(holder.signed_in(), csv_bytes([a_row(1)]))
    holder.signed_in().post(reverse("import_go", args=[run.pk]))
    assert runs.waiting() == []
    from datetime import timedelta

    with clock.at(clock.now() + timedelta(minutes=10)):
        assert runs.waiting() == [run.pk]
    assert work.work(run.pk) == ImportState.DONE
    assert work.work(run.pk) == ImportState.DONE  # a second task finds nothing to do
    run.refresh_from_db()
    assert run.created == 1


def test_one_right_is_entered_by_hand(holder: Part):
    browser = holder.signed_in()
    number = cn("201910000001")
    bad = number[:-1] + ("1" if number[-1] != "1" else "2")
    answer = browser.post(reverse("patent_add"), {"number": bad, "title_zh": "一种膜"})
    assert answer.status_code == 422
    assert f"末位应为 {number[-1]}" in answer.content.decode()
    live = browser.get(reverse("number_check"), {"number": bad}).content.decode()
    assert f"末位应为 {number[-1]}" in live
    assert number in browser.get(reverse("number_check"), {"number": f"ZL{number}"}).content.decode()

    answer = browser.post(
        reverse("patent_add"),
        {
            "number": f"ＣＮ {number}",
            "title_zh": "一种膜",
            "kind": "invention",
            "filed_on": "2019-06-18",
            "ipc": "C08J5/22",
            "owners": holder.organisation.name_zh,
        },
    )
    asset = Asset.objects.select_related("patent").get()
    assert answer.url == reverse("patent_detail", args=[asset.pk])
    assert (asset.holder, asset.patent.ipc, asset.status) == (holder.organisation, ["C08J 5/22"], "pending")

    answer = browser.post(
        reverse("patent_edit", args=[asset.pk]),
        {"number": number, "title_zh": "一种好膜", "owners": holder.organisation.name_zh},
    )
    assert answer.status_code == 302
    asset.refresh_from_db()
    assert asset.title_zh == "一种好膜"
    assert bo().signed_in().get(reverse("patent_edit", args=[asset.pk])).status_code == 404


def test_rights_of_others_cannot_be_entered(holder: Part):
    answer = holder.signed_in().post(
        reverse("patent_add"), {"number": cn("201910000001"), "title_zh": "一种膜", "owners": "别家公司"}
    )
    assert answer.status_code == 422
    assert not Asset.objects.exists()
