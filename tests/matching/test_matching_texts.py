"""Needs find their answers by words, in their own language and through the dictionary."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import call_command

from listings.matching.benchmark import Collected, answers
from listings.matching.candidates import questions
from listings.matching.dictionary import dictionary, read
from listings.matching.explaining import links
from listings.matching.ranking import rank, rate
from listings.matching.sides import CHINESE, ENGLISH, GLOSS
from marketplace.search import index
from marketplace.search.index import reader

from . import corpus


@pytest.mark.parametrize("name", corpus.NEEDS)
def test_each_need_finds_its_listing_first(collected: Collected, name: str) -> None:
    language, text, right = corpus.NEEDS[name]
    found = rank({language: text})
    assert collected.texts[found[0].id].id == right
    assert found[0].score > 1.5 * found[1].score if len(found) > 1 else True


def test_without_a_dictionary_only_the_own_language_answers(collected: Collected, settings) -> None:
    settings.MATCHING_DICTIONARY = "none"
    language, text, _right = corpus.NEEDS["zh-to-en"]
    assert {answer.offered for answer in rank({language: text})} <= {"zh"}


def test_a_share_is_the_same_however_it_is_asked(collected: Collected) -> None:
    for language, text, _right in corpus.NEEDS.values():
        for question in questions({language: text}):
            best = question.best(20)
            assert best == pytest.approx(question.shares(list(best)))
            assert all(0 < share < 1 for share in best.values())


def test_rating_gives_the_scores_of_ranking(collected: Collected) -> None:
    language, text, _right = corpus.NEEDS["en-to-zh"]
    ranked = {answer.id: answer.score for answer in rank({language: text})}
    rated = {answer.id: answer.score for answer in rate({language: text}, sorted(ranked)[:3])}
    assert rated == pytest.approx({number: ranked[number] for number in rated})
    assert rate({language: text}, []) == []


def test_a_need_in_both_languages_is_compared_in_the_better_one(collected: Collected) -> None:
    chinese, english = corpus.NEEDS["zh-to-en"][1], "A hearing aid that is understood in noise"
    found = rank({"zh": chinese, "en": english})
    assert collected.texts[found[0].id].id == "en-hearing"
    assert (found[0].wanted, found[0].offered) == ("en", "en")


def test_words_that_nobody_wrote_and_empty_needs_find_nothing(collected: Collected) -> None:
    assert rank({"en": "xyzzy plugh"}) == []
    assert rank({"zh": "", "en": "  "}) == []
    assert rank({}) == []


def test_sides_hold_only_what_speaks_their_language(collected: Collected) -> None:
    chinese = sum(text.language == "zh" for text in collected.texts)
    assert len(reader(CHINESE)) == len(reader(GLOSS)) == chinese
    assert len(reader(ENGLISH)) == len(collected.texts) - chinese


def test_reasons_name_the_words_on_both_sides(collected: Collected) -> None:
    language, text, _right = corpus.NEEDS["zh-to-en"]
    offered = collected.texts[[one.id for one in collected.texts].index("en-hearing")]
    found = links((language, text), ("en", offered.whole), reader(CHINESE), dictionary())
    pairs = {(link.wanted, word) for link in found for word in link.offered}
    assert ("麦克风", "microphone") in pairs or ("麦克风", "microphones") in pairs
    assert [link.share for link in found] == sorted((link.share for link in found), reverse=True)
    assert sum(link.share for link in found) <= 1
    assert links((language, text), ("en", offered.whole), reader(CHINESE), None) == []


def test_reasons_in_one_language_are_the_common_words(collected: Collected) -> None:
    language, text, _right = corpus.NEEDS["same-en"]
    offered = collected.texts[[one.id for one in collected.texts].index("en-glue")]
    found = links((language, text), ("en", offered.whole), reader(ENGLISH), dictionary())
    assert ("adhesive", ("adhesive",)) in {(link.wanted, link.offered) for link in found}


def test_reasons_of_an_english_need_name_chinese_words(collected: Collected) -> None:
    language, text, _right = corpus.NEEDS["en-to-zh"]
    offered = collected.texts[[one.id for one in collected.texts].index("zh-orchard")]
    found = {
        link.wanted: link.offered
        for link in links((language, text), ("zh", offered.whole), reader(ENGLISH), dictionary())
    }
    assert "果园" in found["orchards"]


def test_dictionary_reads_senses_shares_and_parts(tmp_path: Path) -> None:
    file = tmp_path / "words.u8"
    file.write_text(
        "# a comment\n"
        "水 水 [shui3] /water/river/(literary) liquid; beverage/CL:滴[di1]/\n"
        "泵 泵 [beng4] /pump (loanword)/\n"
        "北京 北京 [Bei3 jing1] /Beijing/\n"
        "馬 马 [ma3] /horse/\n"
        "an unreadable line\n",
        encoding="utf-8",
    )
    words = read(file)
    assert len(words) == 3
    assert dict(words.words("水")) == pytest.approx({"water": 0.25, "river": 0.25, "liquid": 0.25, "beverage": 0.25})
    assert dict(words.words("马")) == {"horse": 1.0}
    assert dict(words.words("水泵")) == pytest.approx(
        {"water": 0.125, "river": 0.125, "liquid": 0.125, "beverage": 0.125, "pump": 0.5}
    )
    assert words.words("北京") == ()
    assert words.gloss(["泵", "泵", "泵", "泵", "10kv"]) == "pump pump pump 10kv"


def test_own_source_is_no_answer(collected: Collected) -> None:
    need = next(need for need in collected.needs if need.id == "same-en")
    own = type(need)(need.id, need.kind, need.language, need.text, "en-glue")
    assert "en-glue" in [document for document, _ in answers(collected, need, None)]
    assert "en-glue" not in [document for document, _ in answers(collected, own, None)]


def test_the_command_measures_writes_and_leaves_no_trace(tmp_path: Path) -> None:
    before = {collection.name: id(collection) for collection in index.collections()}
    run, out = tmp_path / "run.tsv", io.StringIO()
    folder = corpus.write(tmp_path / "market")
    call_command("evaluate_matching", folder, run=run, scratch=tmp_path / "scratch", stdout=out)
    assert {collection.name: id(collection) for collection in index.collections()} == before
    lines = [line.split("\t") for line in run.read_text("utf-8").splitlines()]
    firsts = {need: next(document for one, document, _ in lines if one == need) for need in corpus.NEEDS}
    assert firsts == {name: right for name, (_language, _text, right) in corpus.NEEDS.items()}
    macro = next(line.split() for line in out.getvalue().splitlines() if line.startswith("macro"))
    assert macro[1:] == ["6", "1.0000", "1.0000", "1.0000"]
