"""What a listing lacks: each rule shown failing and mended."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from listings.assets.states import LegalStatus
from listings.catalogue import checks, wording
from listings.catalogue.lacks import Incomplete, Lack
from listings.catalogue.models import Listing
from listings.catalogue.rights_lacks import rights_check, rights_checks
from listings.catalogue.services import listings as service
from listings.catalogue.states import ListingState, Mode, PriceMode
from marketplace.accounts.models import Organisation
from marketplace.core import clock
from tests import cast
from tests.builders import an_organisation, owner_actor
from tests.catalogue.makers import a_listing, a_right, content


def blocking(listing: Listing) -> list[str]:
    found = Listing.objects.with_rights().get(pk=listing.pk)
    return [lack.code for lack in checks.missing_in(found) if lack.blocks]


def advice(listing: Listing) -> list[str]:
    found = Listing.objects.with_rights().get(pk=listing.pk)
    return [lack.code for lack in checks.missing_in(found) if not lack.blocks]


@pytest.mark.django_db
def test_a_complete_listing_lacks_nothing():
    listing = a_listing(ListingState.DRAFT)
    assert blocking(listing) == []
    assert advice(listing) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"title_zh": "", "title_en": ""}, "no_title"),
        ({"problem_zh": "", "problem_en": ""}, "no_problem"),
        ({"benefit_zh": "", "benefit_en": ""}, "no_benefit"),
        ({"applications_zh": "", "applications_en": ""}, "no_applications"),
        ({"readiness": None}, "no_readiness"),
        ({"valid_until": None}, "no_validity"),
        ({"price_min": None}, "no_price"),
        ({"price_mode": PriceMode.RANGE}, "no_range"),
        ({"price_mode": PriceMode.SEALED}, "no_offers_until"),
        (
            {"price_mode": PriceMode.ROYALTY, "royalty_base_zh": "净销售额", "royalty_pct": Decimal("3")},
            "royalty_on_sale",
        ),
        ({"mode": Mode.ORDINARY, "price_mode": PriceMode.ROYALTY, "royalty_base_zh": "净销售额"}, "no_royalty"),
        ({"mode": Mode.ORDINARY, "price_mode": PriceMode.ROYALTY, "royalty_pct": Decimal("3")}, "no_royalty_base"),
        ({"mode": Mode.ORDINARY, "territory_zh": "", "territory_en": ""}, "no_territory"),
        ({"mode": Mode.ORDINARY, "term_months": 600}, "term_too_long"),
        ({"mode": Mode.DISPOSAL}, "disposal_by_bank_only"),
        ({"mode": Mode.OPEN, "price_mode": PriceMode.NEGOTIABLE}, "open_fee_stated"),
        ({"mode": Mode.OPEN, "term_months": None}, "no_term"),
        ({"mode": Mode.OPEN, "benefit_zh": "国内领先的膜"}, "promotional"),
        ({"mode": Mode.OPEN, "benefit_en": "The best membrane"}, "promotional"),
    ],
)
def test_each_gap_is_named(values, code):
    given = dict(values)
    listing = a_listing(ListingState.DRAFT, mode=given.pop("mode", Mode.TRANSFER))
    service.save_draft(listing_id=listing.pk, by=cast.ines().actor, values=given)
    assert blocking(listing) == [code]


@pytest.mark.django_db
def test_validity_is_bounded_by_today_two_years_and_the_right():
    today = clock.today()
    for until, code in (
        (today - timedelta(days=1), "validity_past"),
        (today + timedelta(days=900), "validity_long"),
    ):
        assert blocking(a_listing(ListingState.DRAFT, valid_until=until)) == [code]
    ending = a_right(expires_on=today + timedelta(days=30))
    assert blocking(a_listing(ListingState.DRAFT, assets=[ending])) == ["validity_outlasts"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (LegalStatus.LAPSED, "right_lapsed"),
        (LegalStatus.EXPIRED, "right_expired"),
        (LegalStatus.INVALIDATED, "right_invalidated"),
        (LegalStatus.WITHDRAWN, "application_ended"),
        (LegalStatus.UNKNOWN, "status_unknown"),
    ],
)
def test_ended_rights_are_not_offered(status, code):
    assert blocking(a_listing(ListingState.DRAFT, assets=[a_right(status=status)])) == [code]


@pytest.mark.django_db
def test_a_right_given_away_since_the_draft_was_made_is_noticed():
    listing = a_listing(ListingState.DRAFT)
    asset = listing.rights[0]
    asset.holder = cast.bo().organisation
    asset.save(update_fields=["holder"])
    assert blocking(listing) == ["not_held"]


@pytest.mark.django_db
def test_an_open_licence_needs_grant_paid_fees_and_for_utility_models_the_report():
    pending = a_right(is_granted=False)
    assert blocking(a_listing(ListingState.DRAFT, assets=[pending], mode=Mode.OPEN)) == ["open_licence_before_grant"]
    grace = a_right(status=LegalStatus.IN_GRACE)
    assert blocking(a_listing(ListingState.DRAFT, assets=[grace], mode=Mode.OPEN)) == ["open_licence_annuity_unpaid"]
    for kind in ("utility_model", "design"):
        bare, proved = a_right(kind=kind), a_right(kind=kind, has_report=True)
        assert blocking(a_listing(ListingState.DRAFT, assets=[bare], mode=Mode.OPEN)) == ["evaluation_report_missing"]
        assert blocking(a_listing(ListingState.DRAFT, assets=[proved], mode=Mode.OPEN)) == []
        sold = a_listing(ListingState.DRAFT, assets=[bare])
        assert (blocking(sold), advice(sold)) == ([], ["report_advised"])


@pytest.mark.rule("OL-FEE-CEIL")
@pytest.mark.django_db
def test_fees_above_the_usual_ceilings_warn_and_say_they_are_unverified():
    listing = a_listing(ListingState.DRAFT, mode=Mode.OPEN, price_min=Decimal("20000000.01"))
    assert (blocking(listing), advice(listing)) == ([], ["open_fee_high"])
    at_ceiling = a_listing(ListingState.DRAFT, mode=Mode.OPEN, price_min=Decimal("20000000.00"))
    assert advice(at_ceiling) == []
    royalty = a_listing(
        ListingState.DRAFT,
        mode=Mode.OPEN,
        price_mode=PriceMode.ROYALTY,
        price_min=None,
        royalty_pct=Decimal("20.001"),
        royalty_base_zh="净销售额",
    )
    lack = next(one for one in checks.missing_in(Listing.objects.with_rights().get(pk=royalty.pk)) if not one.blocks)
    with translation.override("en"):
        assert "not verified" in str(lack.rule)


@pytest.mark.rule("PAT-PASSING-OFF")
@pytest.mark.django_db
def test_an_application_is_not_called_a_patent():
    asset = a_right(is_granted=False)
    wrong = a_listing(ListingState.DRAFT, assets=[asset], benefit_zh="本专利产品强度高")
    assert blocking(wrong) == ["application_called_patent"]
    right = a_listing(
        ListingState.DRAFT, assets=[asset], benefit_zh="本专利申请的方法强度高", benefit_en="This patent application…"
    )
    assert blocking(right) == []
    mixed = a_listing(ListingState.DRAFT, assets=[a_right(), asset], benefit_zh="本专利强度高")
    assert (blocking(mixed), advice(mixed)) == ([], ["application_among_patents"])


@pytest.mark.django_db
def test_the_same_right_is_not_offered_twice_nor_shut_away_beside_an_open_licence():
    first = a_listing()
    again = a_listing(ListingState.DRAFT, assets=first.rights)
    assert blocking(again) == ["listed_twice"]
    opened = a_listing(mode=Mode.OPEN, assets=[a_right()])
    shut = a_listing(ListingState.DRAFT, assets=opened.rights, mode=Mode.EXCLUSIVE)
    assert blocking(shut) == ["open_beside_exclusive"]
    beside = a_listing(ListingState.DRAFT, assets=opened.rights, mode=Mode.ORDINARY)
    assert blocking(beside) == []


@pytest.mark.django_db
def test_only_verified_organisations_submit():
    draft = an_organisation("draft")
    asset = a_right(holder=cast.Part(draft.memberships.get().user, draft))
    listing = service.create_listing(by=owner_actor(draft), asset_ids=[asset.pk], values=content())
    assert blocking(listing) == ["organisation_not_verified"]
    with pytest.raises(Incomplete):
        service.submit_listing(listing_id=listing.pk, by=owner_actor(draft))
    assert Organisation.objects.get(pk=draft.pk).state == "draft"


@pytest.mark.django_db
def test_a_bank_lists_collateral_it_does_not_hold():
    bank = cast.lena()
    asset = a_right(cast.ines())
    listing = service.create_listing(by=bank.actor, asset_ids=[asset.pk], mode=Mode.DISPOSAL, values=content())
    assert blocking(listing) == []


@pytest.mark.django_db
def test_later_floors_add_their_own_points():
    @rights_check
    def pledged(listing, rights):
        yield Lack("pledged", "rights", "assets", "%(number)s is pledged.", {"number": rights[0].number})

    try:
        assert blocking(a_listing(ListingState.DRAFT)) == ["pledged"]
    finally:
        rights_checks.remove(pledged)


@pytest.mark.django_db
def test_a_refusal_names_every_point_in_both_languages():
    listing = a_listing(ListingState.DRAFT, problem_zh="", problem_en="", price_min=None)
    with pytest.raises(Incomplete) as refused:
        service.submit_listing(listing_id=listing.pk, by=cast.ines().actor)
    answer = refused.value.as_dict()
    assert [row["code"] for row in answer["missing"]] == ["no_problem", "no_price"]
    assert "Say in plain words which problem it solves" in answer["message_en"]
    assert "用通俗的话写明解决什么问题" in answer["message_zh"]


@pytest.mark.rule("OL-NO-PROMO")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("国家级重点，行业领先", ["国家级", "领先"]),
        ("第一方面，本方法的第一步", []),
        ("Best-in-class and the LEADING film", ["LEADING"]),
        ("the best film", ["best"]),
        ("bestow, misleading, uniqueness", []),
        ("state-of-the-art, unique", ["state-of-the-art", "unique"]),
        ("强度 38 MPa，1200 小时", []),
    ],
)
def test_promotional_words_are_found_whole(text, found):
    assert wording.promotional_words([text]) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("本专利产品", ["本专利产品"]),
        ("该专利技术与本专利", ["该专利技术", "本专利"]),
        ("专利申请，依照专利法，见非专利文献", []),
        ("发明专利申请（申请中）", []),
        ("patented film", ["patented"]),
        ("patent pending, a patent application, the Patent Office", []),
        ("patent-pending", []),
        ("Our Patents cover it", ["Patents"]),
        ("patently good", []),
    ],
)
def test_what_is_applied_for_is_found_when_called_a_patent(text, found):
    assert wording.called_patent([text]) == found
