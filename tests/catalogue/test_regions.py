"""Regions as a tree in every list that filters by them."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from marketplace.accounts.models import Region
from tests.builders import a_verified_organisation
from tests.catalogue.makers import a_listing

pytestmark = pytest.mark.django_db


@pytest.fixture
def places() -> dict[str, Region]:
    made: dict[str, Region] = {}
    for code, zh, en, level, above in (
        ("CN", "中国", "China", "country", ""),
        ("CN-44", "广东省", "Guangdong", "province", "CN"),
        ("SZ", "深圳市", "Shenzhen", "city", "CN-44"),
        ("CN-32", "江苏省", "Jiangsu", "province", "CN"),
    ):
        made[code] = Region.objects.create(
            code=code, name_zh=zh, name_en=en, level=level, parent=made[above] if above else None
        )
    return made


def rail(html: str) -> list[tuple[str, str, str]]:
    """(value, depth, count) of each region offered, in order."""
    found = re.findall(
        r'<label(?: class="(d?\d?)[^"]*")?><input type="checkbox" name="region" value="([^"]+)"[^>]*>'
        r'<span>[^<]*</span><span class="ct">(\d+)</span>',
        html,
    )
    return [(value, depth, count) for depth, value, count in found]


@pytest.mark.parametrize("address", ["/organisations/", "/listings/"])
def test_provinces_stand_under_their_country_and_cities_open_with_them(
    address: str, places: dict[str, Region], searchable
) -> None:
    for code in ("SZ", "CN-32"):
        a_verified_organisation(region=places[code])
        a_listing(region=places[code])
    searchable()
    assert rail(Client().get(address).content.decode()) == [
        ("CN", "", "2"),
        ("CN-32", "d1", "1"),
        ("CN-44", "d1", "1"),
    ]
    opened = Client().get(address, {"region": ["CN", "CN-44"]}).content.decode()
    assert ("SZ", "d2", "1") in rail(opened)
    assert "广东省" in opened and "Guangdong" in Client().get(f"/en{address}").content.decode()


def test_country_and_province_together_mean_the_province(places: dict[str, Region], searchable) -> None:
    south, north = a_listing(region=places["SZ"]), a_listing(region=places["CN-32"])
    here, there = a_verified_organisation(region=places["SZ"]), a_verified_organisation(region=places["CN-32"])
    searchable()
    chosen = {"region": ["CN", "CN-44"]}
    found = Client().get("/listings/", chosen).content.decode()
    assert south.number in found and north.number not in found
    listed = Client().get("/organisations/", chosen).content.decode()
    assert f"/organisations/{here.pk}/" in listed and f"/organisations/{there.pk}/" not in listed
