"""A book revalued at once is each patent simulated alone: same draws, double precision, nobody else around."""

from __future__ import annotations

import numpy as np
import pytest

from valuation.entry import compute
from valuation.simulation.book import FLOAT32_ERROR, MOST_PATH_YEARS, Book, Market, market_paths, revalue

MARKETS = (Market("chemistry", 0.15, 0.02, 0.5, 1.0, 1.8), Market("mechanics", 0.08, 0.01))
COLUMNS = ("revenue", "royalty_rate", "tax_rate", "discount_rate", "growth", "yearly_loss", "years_left", "market")


def a_book(count: int, seed: int = 1) -> Book:
    rng = np.random.default_rng(seed)
    return Book(
        revenue=rng.lognormal(13, 1.2, count),
        royalty_rate=rng.uniform(0.005, 0.06, count),
        tax_rate=np.full(count, 0.25),
        discount_rate=rng.uniform(0.1, 0.25, count),
        growth=rng.uniform(-0.1, 0.1, count),
        yearly_loss=rng.uniform(0, 0.08, count),
        years_left=rng.uniform(0.1, 19.9, count),
        market=rng.integers(0, 2, count),
    )


def only(book: Book, n: int) -> Book:
    return Book(*(getattr(book, column)[n : n + 1] for column in COLUMNS))


def test_a_patent_alone_in_double_precision_has_the_same_figures():
    book, draws = a_book(40), 5000
    found = revalue(book, MARKETS, draws=draws, seed=9)
    for n in range(len(book)):
        paths = market_paths(MARKETS[book.market[n]], MOST_PATH_YEARS, draws, 9)
        values = only(book, n).weights(MOST_PATH_YEARS)[0] @ paths
        assert found.values[n] == pytest.approx(np.percentile(values, [5, 50, 95]), rel=FLOAT32_ERROR)
        assert found.mean[n] == pytest.approx(values.mean(), rel=1e-9)


def test_figures_do_not_depend_on_the_company_a_patent_keeps():
    book = a_book(300)
    found = revalue(book, MARKETS, draws=1000, seed=2)
    for n in (0, 7, 299):
        assert revalue(only(book, n), MARKETS, draws=1000, seed=2).values[0] == pytest.approx(found.values[n], rel=1e-6)


def test_a_seed_gives_the_same_book_and_another_seed_another():
    book = a_book(50)
    first = revalue(book, MARKETS, draws=500, seed=2)
    assert np.array_equal(first.values, revalue(book, MARKETS, draws=500, seed=2).values)
    assert not np.array_equal(first.values, revalue(book, MARKETS, draws=500, seed=3).values)


def test_without_uncertainty_it_is_the_exact_method():
    book = a_book(20)
    sure = (Market("a", 0, 0), Market("b", 0, 0))
    found = revalue(book, sure, draws=10)
    for n in range(len(book)):
        left, growth = book.years_left[n], book.growth[n]
        years = int(np.ceil(left))
        # The method's broken last year is taken at its own end; the book takes it at the end of the whole year.
        flows = [book.revenue[n] * (1 + growth) ** t * min(left - t, 1) for t in range(years)]
        exact = compute(
            "relief_from_royalty",
            {
                "revenue": flows,
                "royalty_rate": float(book.royalty_rate[n]),
                "discount_rate": float(book.discount_rate[n]),
                "tax_rate": 0.25,
                "survival": [(1 - book.yearly_loss[n]) ** (t + 0.5) for t in range(years)],
            },
        )
        assert found.values[n] == pytest.approx([float(exact["value"])] * 3, rel=1e-5)


def test_the_stated_errors_are_those_that_many_seeds_show():
    book = a_book(6)
    runs = [revalue(book, MARKETS, draws=2000, seed=seed) for seed in range(150)]
    seen = np.std([run.values for run in runs], axis=0)
    stated = np.mean([run.errors for run in runs], axis=0)
    assert stated == pytest.approx(seen, rel=0.35)


def test_what_has_ended_is_worth_nothing():
    book = a_book(3)
    book.years_left[1] = 0.0
    found = revalue(book, MARKETS, draws=100)
    assert not found.values[1].any() and found.values[0].all()


def test_a_book_that_cannot_be_is_refused():
    book = a_book(3)
    with pytest.raises(ValueError, match="row for each"):
        Book(book.revenue[:2], *(getattr(book, column) for column in COLUMNS[1:]))
    with pytest.raises(ValueError, match="years"):
        Book(*(getattr(book, column) if column != "years_left" else np.full(3, 99.0) for column in COLUMNS))
    with pytest.raises(ValueError, match="mode"):
        Market("x", 0.1, 0.1, 1, 0.5, 2)
