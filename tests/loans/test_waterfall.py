"""Where proceeds go and who bears a loss: two worked figures, and what holds for every sale."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from loans.waterfall import BANK, Bearer, Claims, Rank, bear, flow, give_back

#: A million of cap for each pool, as the city has it in the first year.
POOLS = (Bearer("province", Decimal(40), 100_000_000), Bearer("city", Decimal(20), 100_000_000))


@pytest.mark.rule("PLG-SURPLUS", "ENF-ORDER", "PLG-SCOPE")
def test_a_sale_above_the_debt_leaves_a_surplus_to_the_pledgor() -> None:
    found = flow(100_000_000, Claims(sale_costs=5_000_000, interest=4_000_000, principal=80_000_000))
    assert [found.paid(one) for one in Rank] == [5_000_000, 0, 4_000_000, 80_000_000, 0, 0, 11_000_000]
    assert (found.surplus, found.lost_principal) == (11_000_000, 0)


@pytest.mark.rule("PLG-SURPLUS", "ENF-ORDER")
def test_a_sale_below_the_debt_loses_principal_that_the_pools_share() -> None:
    found = flow(50_000_000, Claims(sale_costs=5_000_000, interest=4_000_000, principal=80_000_000))
    assert (found.paid(Rank.PRINCIPAL), found.lost_principal, found.surplus) == (41_000_000, 39_000_000, 0)
    assert bear(found.lost_principal, POOLS) == {"province": 15_600_000, "city": 7_800_000, BANK: 15_600_000}


def test_every_sale_pays_out_all_of_it_and_no_rank_before_those_ahead() -> None:
    dice = random.Random(1)
    for _ in range(2000):
        claims = Claims(
            *(dice.randrange(10**7) for _ in range(5)), later=(dice.randrange(10**6), dice.randrange(10**6))
        )
        proceeds = dice.randrange(6 * 10**7)
        found = flow(proceeds, claims)
        assert sum(one.paid for one in found.steps) == proceeds
        assert all(0 <= one.paid <= one.claimed for one in found.steps)
        for ahead, behind in zip(found.steps, found.steps[1:], strict=False):
            assert not (ahead.open and behind.paid), "nobody is paid before those ahead are"
        assert not (found.surplus and any(one.open for one in found.steps))


def test_a_loss_is_borne_wholly_caps_hold_and_recoveries_go_back_in_proportion() -> None:
    assert bear(1_000_000_000, POOLS) == {"province": 100_000_000, "city": 100_000_000, BANK: 800_000_000}
    dice = random.Random(2)
    for _ in range(2000):
        borne = bear(dice.randrange(1, 10**10), POOLS)
        recovered = dice.randrange(2 * 10**10)
        shares = give_back(recovered, borne)
        assert sum(shares.values()) == recovered
        assert all(shares[who] <= cents for who, cents in borne.items())
        whole = sum(borne.values())
        for who, cents in borne.items():
            assert abs(shares[who] * whole - min(recovered, whole) * cents) < whole, "to the cent in proportion"
    assert give_back(100, {}) == {"": 100}


@pytest.mark.parametrize("wrong", [lambda: flow(-1, Claims()), lambda: Claims(principal=-1),
                                   lambda: bear(1, (Bearer("a", Decimal(60)), Bearer("b", Decimal(50)))),
                                   lambda: bear(1, (Bearer("a", Decimal(6)), Bearer("a", Decimal(5))))])  # fmt: skip
def test_what_cannot_be_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"never negative|whole|one share"):
        wrong()  # type: ignore[operator]
