"""Several counts in one statement are what each would have counted by itself."""

from __future__ import annotations

import pytest

from marketplace.accounts.models import Membership, Organisation
from marketplace.core.counting import counts
from tests import cast

pytestmark = pytest.mark.django_db


def test_each_is_what_the_queryset_counts(django_assert_num_queries) -> None:
    ines, bo = cast.ines(), cast.bo()
    asked = [
        Organisation.objects.filter(name_zh__contains="%"),  # its own percent sign is no place for a value
        Organisation.objects.filter(pk__in=[ines.organisation.pk, bo.organisation.pk]).order_by("-name_en"),
        Organisation.objects.none(),
        Organisation.objects.filter(memberships__user__in=[ines.person, bo.person]).distinct(),
        Membership.objects.select_related("user").filter(user=bo.person),
        Membership.objects.filter(pk__in=[]),
    ]
    with django_assert_num_queries(1):
        found = counts(asked)
    assert found == [one.count() for one in asked] == [0, 2, 0, 2, 1, 0]


def test_nothing_to_ask_asks_nothing(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert counts([]) == [] and counts([Organisation.objects.none()]) == [0]
