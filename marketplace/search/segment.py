"""Text to words, the same way for documents and queries, for Chinese, English and mixtures of them.

How it was decided (600 real Chinese titles with abstracts; queries are one or two neighbouring words, title endings
and single characters; truth is "contains the query as written"):

    indexed                              tokens/doc   recall: 1 word  2 words  title end  1 char
    search mode, with guessed words          76              0.87     0.95      0.65      0.11
    search mode, dictionary words only       77              0.88     0.96      0.66      0.15
    the same plus single characters         159              0.95     1.00      0.98      1.00
    overlapping pairs of characters         241              0.96     1.00      1.00      1.00

So: dictionary words only (a word guessed from its neighbours is cut differently in a query, which has none), in
search mode (电解质 is also found as 电解), and the single characters in a field of their own that is asked only for
one-character words (膜) and for words the index has never seen (a query cut through a word). Pairs of characters gain
little and cost half as much again.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from types import ModuleType

import tantivy

from .hanzi import SIMPLIFIED

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[^\W{HAN}_]+(?:\.[0-9]+(?![^\W{HAN}_]))*")
_RUNS = re.compile(rf"[{HAN}]+|{_WORD.pattern}")
_ANY_HAN = re.compile(f"[{HAN}]")
_HAN_RUNS = re.compile(f"([{HAN}]+)")
_NUMBER_UNIT = re.compile(
    r"(?<![\w.])([0-9]+(?:\.[0-9]+)?) "
    r"(?=(?:[kmgµμnp]?(?:m|g|v|w|a|hz|pa|f|s|l|j|ω|ev|mol)|cm|rpm|wh|kwh|ppm|ppb|bar|db|min)\b)"
)
_LONGEST_WORD = 64  # longer "words" are sequences, hashes or noise; both sides cut them alike

_stemmer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw()).filter(tantivy.Filter.stemmer("english")).build()


_NO_TEXT = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")  # lone surrogates: no text, and no engine takes them


def _foldings() -> dict[int, str]:
    """Characters that stand for other letters or digits (full-width, ligatures, circled, ℃) or are traditional."""
    table = {**SIMPLIFIED, **_NO_TEXT}
    for code in range(0x80, 0x30000):
        if 0xAC00 <= code < 0xE000:  # Hangul syllables and surrogates fold to themselves
            continue
        folded = unicodedata.normalize("NFKC", chr(code))
        # Punctuation only parts words, whatever its width: it is left as it is.
        if folded != chr(code) and any(character.isalnum() for character in folded):
            table[code] = folded.lower().translate(SIMPLIFIED)
    return table


_FOLDED = _foldings()  # str.translate with this is four times faster than unicodedata.normalize on Chinese text
# Whether there is anything to fold is asked first: most texts are written as we want them. The upper planes stand in
# this set whole, because only a set of the basic plane is looked up at once and not range by range.
_TO_FOLD = re.compile(f"[{re.escape(''.join(chr(code) for code in _FOLDED if code < 0x10000))}\U00010000-\U0010ffff]")
_COMBINING = re.compile("[\u0300-\u036f\u3099\u309a]")


def normalise(text: str) -> str:
    """Compatibility forms, case and traditional characters folded; a space between a number and its unit closed up."""
    if text.isascii():
        folded = text.lower()
    else:
        composed = unicodedata.normalize("NFC", text) if _COMBINING.search(text) else text
        folded = (composed.translate(_FOLDED) if _TO_FOLD.search(composed) else composed).lower()
    return _NUMBER_UNIT.sub(r"\1", folded) if " " in folded else folded


def _jieba() -> ModuleType:
    """The segmenter, loaded when first used: its dictionary takes 33 MB, and most commands cut no word."""
    import rjieba

    return rjieba


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The English stem of a lowercase word; anything with a digit (sio2, 10kv) or outside a-z stays as it is."""
    if len(word) < 3 or not word.isascii() or not word.isalpha():
        return word[:_LONGEST_WORD]
    stems = _stemmer.analyze(word[:_LONGEST_WORD])
    return stems[0] if stems else word[:_LONGEST_WORD]


def analyse(text: str) -> tuple[str, str]:
    """For a document: its words with repeats (parts of compounds beside them), and its distinct Han characters.

    Both parted by white space, of which there may be more than needed.
    """
    runs = _HAN_RUNS.split(normalise(text))  # by turns what is not Han and what is
    words = [stem(word) for word in _WORD.findall(" ".join(runs[::2]))]
    if len(runs) == 1:
        return " ".join(words), ""
    # a space never joins words, and one call a text is cheaper than one a run
    found = _jieba().cut_for_search(" ".join(runs[1::2]), False)
    words += found
    return " ".join(words), " ".join(set("".join(found)))


def query_terms(text: str) -> list[str]:
    """For a query: its words, each once, in order; compounds whole (their parts would only say it again)."""
    terms: dict[str, None] = {}
    for match in _RUNS.finditer(normalise(text)):
        if is_han(match.group()):
            terms.update(dict.fromkeys(_jieba().cut(match.group(), False)))
        else:
            terms[stem(match.group())] = None
    return list(terms)


def is_han(word: str) -> bool:
    return _ANY_HAN.match(word) is not None


def wbr_segments(title: str) -> list[str]:
    """A title cut where a line may break: between Chinese words, never before punctuation. Joined it is the title."""
    pieces: list[str] = []
    at = 0
    for cut in _jieba().cut(title.translate(_NO_TEXT), True):
        word = title[at : at + len(cut)]
        at += len(cut)
        opens = bool(pieces) and unicodedata.category(pieces[-1][-1]) in ("Ps", "Pi")
        if pieces and (opens or not (is_han(word) or (word[0].isalnum() and is_han(pieces[-1][-1])))):
            pieces[-1] += word
        else:
            pieces.append(word)
    return pieces
