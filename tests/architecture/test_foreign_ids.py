"""What belongs to one organisation does not exist for another, by whatever address or form it is asked for."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Q
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from listings.catalogue.lacks import STEPS
from listings.catalogue.models import Listing, ListingDocument, Need
from listings.catalogue.services import documents
from listings.catalogue.states import PUBLIC, ListingState, NeedState
from listings.deals.models import Negotiation
from marketplace.accounts.models import Membership
from marketplace.core.models import StoredFile
from marketplace.notifications.models import Delivery
from marketplace.notifications.service import inbox
from marketplace.signing.models import Document
from tests import cast
from tests.architecture.addresses import VISITORS, table
from tests.builders import a_person, joins
from tests.catalogue import makers
from tests.crawl import crawl
from tests.world import World, index_everything
from valuation.models import Report

SECRET = "ZQX7SECRET"


def test_what_one_sees_another_does_not(world: World) -> None:
    """Every address that stands on Ines's pages and names a thing is asked for by Bo and by nobody in particular."""
    pages = crawl(world.visitor("owner"), ["/workspace/", "/api/v1/listings/mine/", "/api/v1/saved-searches/"])
    assert len(pages) > 80, "the sweep did not reach the workspace"
    assert not [page.url for page in pages.values() if page.status >= 500]
    rules = {}
    for one in table():
        rules.setdefault(one.name, one)
    swept, wrong = 0, []
    both = [world.ines.part.organisation.pk, world.bo.part.organisation.pk]
    shared = set(Negotiation.objects.filter(holder__in=both, buyer__in=both).values_list("number", flat=True))
    for url, page in pages.items():
        try:
            match = resolve(url.split("?")[0])
        except Resolver404:
            continue
        rule = rules[match.url_name].expected("get") if match.url_name in rules else None
        if match.url_name == "file":
            continue  # every file has a test of its own
        if match.kwargs.get("number") in shared:
            continue  # talks between the two: what either may see of them is tests/deals' matter
        if page.status != 200 or not match.kwargs or rule is None or rule[VISITORS.index("stranger")] == "ok":
            continue
        swept += 1
        stranger, nobody = world.visitor("stranger").get(url), Client().get(url)
        if stranger.status_code != 404:
            wrong.append(f"{url}: {stranger.status_code} for a stranger")
        if nobody.status_code not in (302, 404) or (
            nobody.status_code == 302 and "/account/login/" not in nobody["Location"]
        ):
            wrong.append(f"{url}: {nobody.status_code} for anybody")
    assert swept > 40, f"only {swept} addresses were swept"
    assert not wrong, "\n" + "\n".join(wrong)


def test_every_number_in_every_pattern(world: World) -> None:
    """Bo tries each of Ines's numbers at each address that takes one, with GET and POST."""
    listings, needs = world.ines.listings, world.ines.needs
    assert set(listings) == set(ListingState.values) and set(needs) == set(NeedState.values)
    tries = []
    for state, listing in listings.items():
        for name in ("my_listing", "listing_preview", "listing_copy"):
            tries.append(reverse(name, args=[listing.number]))
        tries += [reverse("listing_edit", args=[listing.number, step]) for step in STEPS]
        tries += [
            reverse("listing_act", args=[listing.number, verb]) for verb in ("submit", "amend", "withdraw", "close")
        ]
        tries += [reverse(f"api_listing-{verb}", args=[listing.number]) for verb in ("missing", "submit", "withdraw")]
        if state not in PUBLIC:
            tries += [reverse("listing_detail", args=[listing.number]), reverse("listing_ask", args=[listing.number])]
            tries.append(reverse("api_listing-detail", args=[listing.number]))
    for state, need in needs.items():
        tries += [reverse(name, args=[need.number]) for name in ("my_need", "need_edit")]
        tries += [reverse("need_act", args=[need.number, verb]) for verb in ("submit", "withdraw", "meet")]
        if state != NeedState.PUBLISHED:
            tries += [reverse("need_detail", args=[need.number]), reverse("api_need-detail", args=[need.number])]
    bo, wrong = world.visitor("stranger"), []
    for url in tries:
        for method in ("get", "post"):
            answer = getattr(bo, method)(url)
            if answer.status_code not in (404, 405):
                wrong.append(f"{method.upper()} {url}: {answer.status_code}")
    assert len(tries) > 150
    assert not wrong, "\n" + "\n".join(wrong)


def test_every_file(world: World) -> None:
    """Of all stored files a stranger opens only papers in public beside a public listing, contracts it signs
    and reports it ordered."""
    open_to_all = set(
        ListingDocument.objects.filter(
            listing__state__in=PUBLIC, access="public", withdrawn_at__isnull=True
        ).values_list("file_id", flat=True)
    )
    assert world.ines.open_paper.file_id in open_to_all
    bos_reports = Report.objects.filter(client=world.bo.part.organisation).values("document")
    of_bo = Document.objects.filter(
        Q(signatures__organisation=world.bo.part.organisation) | Q(pk__in=bos_reports)
    ).distinct()
    signed = {pk for row in of_bo.values_list("file_zh", "file_en", "sealed_zh", "sealed_en") for pk in row if pk}
    bos = signed | set(StoredFile.objects.filter(org_id=world.bo.part.organisation.pk).values_list("pk", flat=True))
    wrong = []
    for file in StoredFile.objects.all():
        for name in ("anonymous", "stranger"):
            got = world.visitor(name).get(reverse("file", args=[file.pk])).status_code
            may = file.pk in open_to_all or (name == "stranger" and file.pk in bos)
            if got != (200 if may else 404):
                wrong.append(f"{name}: {file.purpose} {file.name}: {got}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_no_page_leaks_a_draft(world: World) -> None:
    """Words that stand only in Ines's unpublished matters are on no page that Bo or the public can reach."""
    ines = world.ines.part
    secret = makers.a_listing(ListingState.DRAFT, by=ines, title_zh=f"{SECRET}稿", title_en=f"{SECRET} draft")
    makers.a_listing(ListingState.IN_REVIEW, by=ines, title_zh=f"{SECRET}审", title_en=f"{SECRET} review")
    makers.a_need(NeedState.DRAFT, by=ines, title_zh=f"{SECRET}需", title_en=f"{SECRET} need")
    upload = SimpleUploadedFile(f"{SECRET}.pdf", b"%PDF-1.4 x", content_type="application/pdf")
    documents.add_document(listing_id=secret.pk, by=ines.actor, upload=upload, title=SECRET)
    anonymous_need = makers.a_need(NeedState.PUBLISHED, by=ines, title_zh="无名的需求", is_anonymous=True)
    index_everything()
    assert SECRET in "".join(
        page.body for page in crawl(world.visitor("owner"), ["/workspace/listings/"], limit=40).values()
    )
    starts = [
        "/",
        "/en/",
        "/workspace/",
        f"/listings/?q={SECRET}",
        "/api/v1/listings/",
        "/api/v1/needs/",
        "/sitemap.xml",
    ]
    starts += [f"/api/v1/listings/?q={SECRET}", f"/search/?q={SECRET}", "/listings/export.csv", "/needs/export.csv"]
    for name in ("stranger", "anonymous"):
        for url, page in crawl(world.visitor(name), starts, limit=220).items():
            shown = page.body.replace(f"q={SECRET}", "").replace(f'value="{SECRET}"', "")
            titles = [
                word
                for word in (f"{SECRET}稿", f"{SECRET}审", f"{SECRET}需", f"{SECRET}.pdf", f"{SECRET} draft")
                if word in shown
            ]
            assert not titles, f"{url} shows {titles} to {name}"
        page = world.visitor(name).get(reverse("need_detail", args=[anonymous_need.number])).content.decode()
        assert "因氏氟材" not in page and "Ines Fluoro" not in page
    told = Client().get(f"/api/v1/needs/{anonymous_need.number}/").json()
    assert told["organisation"] is None
    assert "Ines Fluoro" not in Client().get("/needs/export.csv").getvalue().decode()


def test_foreign_ids_in_forms(world: World) -> None:
    """An id in a body is checked as one in an address."""
    bo, ines = world.visitor("stranger"), world.ines
    before = Listing.objects.count()
    answer = bo.post("/workspace/listings/new/", {"assets": [ines.right.pk], "mode": "transfer"})
    assert answer.status_code == 422 and Listing.objects.count() == before
    draft = world.bo.listings["draft"]
    held = [asset.pk for asset in draft.rights]
    body = {"rights": [ines.right.pk]}
    answer = bo.patch(f"/api/v1/listings/{draft.number}/", body, content_type="application/json")
    assert 400 <= answer.status_code < 500
    assert [asset.pk for asset in Listing.objects.get(pk=draft.pk).rights] == held
    assert bo.post("/workspace/act-as/", {"membership": ines.part.membership.pk}).status_code == 404
    mine = world.bo.part.membership.pk
    assert bo.post("/workspace/act-as/", {"membership": mine, "delegation": ines.delegation.pk}).status_code == 404
    unread = list(inbox(ines.part.person.pk).filter(read_at__isnull=True).values_list("pk", flat=True))
    assert unread, "the world told Ines nothing"
    bo.post("/workspace/notices/read/", {"id": unread})
    bo.post("/workspace/notices/read/")
    assert Delivery.objects.filter(pk__in=unread, read_at__isnull=False).count() == 0
    wrong = reverse("listing_paper_withdraw", args=[draft.number, ines.draft_paper.pk])
    assert bo.post(wrong).status_code == 404
    assert ListingDocument.objects.get(pk=ines.draft_paper.pk).withdrawn_at is None


def test_fields_that_no_form_has_are_not_taken(world: World) -> None:
    """Mass assignment: state, owner, number, sample mark and version are the market's, whatever a body says."""
    ines, bo = world.visitor("owner"), world.bo.part.organisation.pk
    more = {
        "organisation": bo,
        "organisation_id": bo,
        "state": "published",
        "number": "L-2026-99999",
        "is_sample": True,
        "published_at": "2020-01-01T00:00:00Z",
        "created_by": world.bo.part.person.pk,
        "source_note_zh": "x",
    }
    for url, model in (("/api/v1/listings/", Listing), ("/api/v1/needs/", Need)):
        answer = ines.post(url, {"title_zh": "新稿", **more}, content_type="application/json")
        assert answer.status_code in (201, 400), answer.content
        if answer.status_code == 201:
            row = model.objects.get(number=answer.json()["number"])
            assert row.organisation_id == world.ines.part.organisation.pk and row.state == "draft"
            assert not row.is_sample and row.published_at is None and row.number != "L-2026-99999"
    draft = Listing.objects.get(pk=world.ines.listings["draft"].pk)
    ines.post(
        reverse("listing_edit", args=[draft.number, "summary"]),
        {"title_zh": "改", "seen_version": draft.version, **more},
    )
    row = Listing.objects.get(pk=draft.pk)
    assert row.title_zh == "改" and row.state == "draft" and row.organisation_id == world.ines.part.organisation.pk
    needs_draft = world.ines.needs["draft"]
    ines.post(
        reverse("need_edit", args=[needs_draft.number]), {"title_zh": "改", "seen_version": needs_draft.version, **more}
    )
    assert Need.objects.get(pk=needs_draft.pk).state == "draft"
    roles = world.visitor("reader").post(
        "/workspace/profile/",
        {"name": "Rita", "language": "en", "is_active": "", "roles": "owner", "email": "x@y.test"},
    )
    assert roles.status_code in (200, 302)
    rita = world.reader.person
    rita.refresh_from_db()
    assert rita.email == "rita@holder.test" and rita.is_active and not getattr(rita, "is_superuser", False)
    assert Membership.objects.get(user=rita).roles == ["read_only"]


def test_a_delegate_sees_what_the_powers_name_and_no_more(world: World) -> None:
    """Cora may list and keep the register for Ines; needs, members, papers and keys stay shut."""
    cora = cast.cora()
    browser = cora.signed_in()
    browser.post("/workspace/act-as/", {"membership": cora.membership.pk, "delegation": world.ines.delegation.pk})
    ines = world.ines
    assert browser.get(reverse("my_listing", args=[ines.listings["draft"].number])).status_code == 200
    assert browser.get(reverse("import_run", args=[ines.run.pk])).status_code == 200
    shut = [reverse("my_need", args=[ines.needs["draft"].number]), reverse("file", args=[ines.identity.file_id])]
    shut += ["/workspace/members/", "/workspace/organisation/", "/workspace/delegations/"]
    for url in shut:
        assert browser.get(url).status_code in (403, 404, 409), url
    assert browser.post(reverse("my_need", args=[ines.needs["draft"].number])).status_code in (404, 405)


def test_a_member_made_later_sees_it_and_one_who_left_does_not(world: World) -> None:
    """The other side of the sweep: that 404 comes from who asks, not from a page that is broken."""
    url = reverse("my_listing", args=[world.ines.listings["draft"].number])
    newcomer = cast.Part(a_person("late@holder.test"), world.ines.part.organisation)
    joins(newcomer.person, newcomer.organisation, ["staff"])
    browser = newcomer.signed_in()
    assert browser.get(url).status_code == 200
    from marketplace.accounts.services import members

    members.end_membership(membership_id=newcomer.membership.pk, by=world.ines.part.actor)
    assert browser.get(url).status_code == 404
