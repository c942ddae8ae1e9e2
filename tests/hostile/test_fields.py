"""Hostile text in every field: taken as text or refused with a sentence, never run, never a broken page."""

from __future__ import annotations

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import resolve
from django.utils import translation
from openpyxl import load_workbook

from listings.assets.models import Party
from listings.catalogue.services import documents, enquiries, saved_searches
from listings.catalogue.services import listings as listing_service
from listings.catalogue.services import needs as need_service
from listings.patents.models import ImportRun
from listings.patents.services import work
from marketplace.accounts.services import organisations, people, tokens
from marketplace.core.models import Event
from marketplace.notifications import sending
from marketplace.notifications import service as notices
from tests.catalogue import makers
from tests.crawl import Form, crawl, forms
from tests.hostile.corpus import COMPUTED, DATES, FORMULA, MARK, NUMBERS, TEXTS, runs
from tests.world import World, a_sheet, index_everything

#: Those that break parsers, columns and encodings; the ones that run in a browser are stored and looked for below.
BREAKING = ("script", "percent", "sql", "nul", "control", "newline", "rtl", "surrogates", "long", "empty")
WORKSPACE = ["/workspace/", "/workspace/listings/", "/workspace/needs/", "/workspace/patents/", "/workspace/security/"]


def one_of_each(pages: dict) -> list[Form]:
    """The forms met, each kind of address once."""
    found: dict[tuple[str, str, tuple[str, ...]], Form] = {}
    for page in pages.values():
        for form in forms(page):
            with translation.override("zh-hans"):
                match = resolve(form.action.split("?")[0].removeprefix("/en"))
            kind = (
                match.url_name or "",
                str(match.kwargs.get("step", match.kwargs.get("verb", ""))),
                tuple(sorted(form.values)),
            )
            found.setdefault(kind, form)
    return [form for (name, _step, _fields), form in found.items() if name != "account_logout"]


def send(client: Client, form: Form, changed: dict[str, list[str]]) -> int:
    """Submit the form with these fields changed; nothing of it stays."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        answer = getattr(client, form.method)(form.action, {**form.values, **changed})
        if answer.streaming:
            b"".join(answer.streaming_content)
        elif answer.status_code in (200, 422) and "html" in answer.get("Content-Type", ""):
            shown = answer.content.decode()
            assert not runs(shown), (form.action, runs(shown))
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer.status_code


@pytest.mark.parametrize("who", ["owner", "reviewer", "anonymous"])
def test_every_form_answers_every_text(world: World, who: str) -> None:
    client = world.visitor(who)
    starts = {
        "owner": WORKSPACE,
        "reviewer": ["/desk/reviews/", "/desk/organisations/", "/desk/people/", "/workspace/"],
    }
    pages = crawl(client, starts.get(who, ["/", "/listings/", "/account/login/", "/account/signup/"]), limit=130)
    met = one_of_each(pages)
    assert len(met) > {"owner": 30, "reviewer": 8, "anonymous": 4}[who], [form.action for form in met]
    wrong = []
    for form in met:
        for name in BREAKING:
            text = TEXTS[name]
            if name == "long" and form.method == "get":
                continue  # no server lets an address of that length through
            if form.texts:
                status = send(client, form, {field: [text] for field in form.texts})
                if status >= 500:
                    wrong.append(f"{form.action} {form.texts} {name}: {status}")
        for text in [*NUMBERS, *DATES]:
            if form.numbers:
                status = send(client, form, {field: [text] for field in form.numbers})
                if status >= 500:
                    wrong.append(f"{form.action} {form.numbers} {text[:40]!r}: {status}")
        choices = {name: [TEXTS["script"]] for name in form.values if name not in form.texts + form.numbers}
        if choices and send(client, form, choices) >= 500:
            wrong.append(f"{form.action} {sorted(choices)}: broken choice")
    assert not wrong, "\n" + "\n".join(wrong)


def test_every_api_write_answers_every_value(world: World) -> None:
    owner, wrong = world.visitor("owner"), []
    draft, need = world.ines.listings["draft"], world.ines.needs["draft"]
    writes = [
        ("post", "/api/v1/listings/", [*listing_service.CONTENT, "rights", "version"]),
        ("patch", f"/api/v1/listings/{draft.number}/", [*listing_service.CONTENT, "rights", "version"]),
        ("post", "/api/v1/needs/", [*need_service.CONTENT, "version"]),
        ("patch", f"/api/v1/needs/{need.number}/", [*need_service.CONTENT, "version"]),
        ("post", "/api/v1/saved-searches/", ["name", "collection", "query"]),
        ("patch", f"/api/v1/saved-searches/{world.ines.saved.pk}/", ["name", "collection", "query"]),
    ]
    texts = [TEXTS[name] for name in BREAKING]
    odd = [*NUMBERS, *DATES, 10**30, -1, 1.5, True, None, [], {}, [[1]], [10**30], ["\x00"], "\ud800"]
    single = [NUMBERS[0], "NaN", DATES[0], {}, [10**30]]
    for method, url, fields in writes:
        singly = [(field, value) for field in fields for value in single] if "/L-" in url or "/N-" in url else []
        bodies = [{"name": "x", "collection": "listings", field: value} for field, value in singly]
        bodies += [dict.fromkeys(fields, value) for value in [*texts, *odd]]
        bodies += [{field: text} for field in fields if field.endswith("_zh") for text in texts]
        for body in bodies:
            with transaction.atomic():
                answer = getattr(owner, method)(url, body, content_type="application/json")
                transaction.set_rollback(True)
            if answer.status_code >= 500:
                wrong.append(f"{method.upper()} {url} {body!r:.90}: {answer.status_code}")
        for raw in (b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 5000, b'{"title_zh": NaN}', b'{"a":' * 500):
            answer = getattr(owner, method)(url, raw, content_type="application/json")
            if answer.status_code >= 500:
                wrong.append(f"{method.upper()} {url} body {raw[:30]!r}: {answer.status_code}")
    assert not wrong, "\n" + "\n".join(wrong)


def _poisoned(world: World) -> None:
    """Payloads that run, compute or break out, stored wherever people write."""
    ines, bo, ops = world.ines.part, world.bo.part, world.ops
    tag, attribute, template = TEXTS["script"], TEXTS["attribute"], TEXTS["template"]
    nasty = f"{tag}{attribute}{template}{TEXTS['quote']}{TEXTS['svg']}"
    right = makers.a_right(ines, title_zh=tag, title_en=attribute, abstract_zh=nasty, ipc=["C08J 5/22"])
    Party.objects.create(asset=right, role="inventor", sequence=1, name=tag, name_en=attribute)
    texts = ("problem", "benefit", "applications", "evidence", "territory", "field_of_use", "royalty_base")
    values = {f"{name}_{lang}": nasty[:100] for name in texts for lang in ("zh", "en")}
    listing = makers.a_listing(
        "draft", by=ines, assets=[right], title_zh=tag + template, title_en=attribute + tag, **values
    )
    upload = SimpleUploadedFile(f"{attribute}.pdf", b"%PDF-1.4 x", content_type="application/pdf")
    documents.add_document(listing_id=listing.pk, by=ines.actor, upload=upload, title=tag)
    returned = makers.a_listing("draft", by=ines, title_zh=tag, title_en=tag)
    listing_service.submit_listing(listing_id=returned.pk, by=ines.actor)
    listing_service.return_listing(listing_id=returned.pk, by=ops.actor, reason=nasty)
    makers.bring_listing(listing.pk, "published", ines)
    enquiries.ask(listing_id=listing.pk, by=bo.actor, message=nasty)
    need = {f"{name}_{lang}": nasty for name in ("problem", "requirements") for lang in ("zh", "en")}
    makers.a_need("published", by=ines, title_zh=tag + template, title_en=attribute, **need)
    makers.a_need("in_review", by=bo, title_zh=tag, title_en=attribute, **need)
    for part in (ines, bo):
        organisations.amend_organisation(
            organisation_id=part.organisation.pk, by=part.actor, facts={"intro_zh": nasty, "intro_en": nasty}
        )
        people.amend_profile(user_id=part.person.pk, by=part.actor, name=tag[:60], name_en=attribute[:60])
        saved_searches.save_search(by=part.actor, collection="listings", name=tag, query=f"q={attribute}&mode={tag}")
        tokens.issue_token(membership_id=part.membership.pk, name=attribute, days=3, by=part.actor)
    index_everything()
    notices.deliver(list(Event.objects.order_by("pk")))


def test_what_is_stored_never_runs(world: World) -> None:
    """All pages, all roles, both languages: the payload stands there as text."""
    _poisoned(world)
    starts = ["/", "/en/", "/listings/", "/en/needs/", "/patents/", "/organisations/", "/workspace/", "/en/workspace/"]
    starts += ["/desk/reviews/", "/en/desk/reviews/", "/desk/people/", "/desk/organisations/?state=verified"]
    starts += [
        f"/listings/?q={MARK}&mode={TEXTS['script']}&price_min={TEXTS['attribute']}",
        f"/patents/?q={TEXTS['attribute']}",
    ]
    starts += [
        f"/search/?q={TEXTS['quote']}",
        f"/account/login/?next={TEXTS['attribute']}",
        f"/nowhere/{TEXTS['script']}",
    ]
    shown = 0
    for who in ("anonymous", "stranger", "reader", "owner", "reviewer"):
        for url, page in crawl(world.visitor(who), starts, limit=150 if who in ("owner", "reviewer") else 90).items():
            assert page.status < 500, f"{url} as {who}: {page.status}"
            if page.kind.startswith("text/html"):
                shown += MARK in page.body
                assert not runs(page.body), f"{url} as {who}: {runs(page.body)}"
                assert not COMPUTED.search(page.body), f"{url} as {who} computed a template"
    assert shown > 100, f"the payload was on {shown} pages only: the crawl did not meet it"


def test_letters_hold_one_address_and_one_subject(world: World, mailoutbox) -> None:
    """A name with a line break cannot add a header to a letter."""
    people.amend_profile(user_id=world.bo.part.person.pk, by=world.bo.part.actor, name="Bo Bcc: all@people.test")
    _poisoned(world)
    sending.send_due(500)
    assert len(mailoutbox) > 5
    for letter in mailoutbox:
        assert "\n" not in letter.subject and "\r" not in letter.subject
        assert len(letter.to) == 1 and not letter.bcc and not letter.cc
        letter.message().as_bytes()


def test_exports_hold_text_and_no_formula(world: World) -> None:
    """Every cell of every export, opened again by another program's reader."""
    ines, rows = world.ines.part, []
    formulas = [TEXTS[name] for name in ("formula", "plus", "minus", "at", "tab", "return", "full_width_formula")]
    for place, text in enumerate(formulas):
        right = makers.a_right(ines, title_zh=text, title_en=text)
        makers.a_listing("published", by=ines, assets=[right], title_zh=text, title_en=text)
        makers.a_need("published", by=ines, title_zh=text, title_en=text)
        quoted = text.replace('"', '""')
        rows.append(f'CN11011234{place}A,201910526314.9,"{quoted}",{ines.organisation.name_zh},2019-06-18')
    sent = world.visitor("owner").post("/workspace/patents/imports/new/", {"file": a_sheet(*rows)})
    assert sent.status_code == 302
    run = ImportRun.objects.latest("pk")
    work.work(run.pk)
    index_everything()
    exports = ["/listings/export", "/needs/export", "/patents/export", "/workspace/patents/export"]
    exports.append(f"/workspace/patents/imports/{run.pk}/errors")
    met = 0
    for base in exports:
        plain = world.visitor("owner").get(f"{base}.csv").getvalue().decode("utf-8-sig")
        cells = [cell for row in csv.reader(io.StringIO(plain)) for cell in row]
        book = load_workbook(io.BytesIO(world.visitor("owner").get(f"{base}.xlsx").getvalue()))
        assert cells
        for cell in cells:
            assert not FORMULA.match(cell), (base, cell)
            met += MARK in cell
        for row in book.active.iter_rows():
            for box in row:
                assert box.data_type != "f" and box.hyperlink is None, (base, box.value)
                assert not (isinstance(box.value, str) and FORMULA.match(box.value)), (base, box.value)
    assert met >= 4 * len(formulas), f"the payloads were in {met} cells"
