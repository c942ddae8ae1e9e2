"""Showing where a text was hit, and which part of it to show. The texts are anyone's; what leaves here is escaped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from .hanzi import SIMPLIFIED
from .segment import HAN, is_han, query_terms, stem

_WORD = re.compile(rf"[^\W{HAN}_]+(?:\.[0-9]+(?![^\W{HAN}_]))*")
_NUMBER_BEFORE_UNIT = re.compile(r"[0-9]+(?:\.[0-9]+)? (?=[^\W\d_])")
_SENTENCE_ENDS = "。；！？.;!?\n"


def _folded(text: str) -> tuple[str, Sequence[int]]:
    """The text as the index reads it, and for each of its characters the place it came from in the original."""
    lowered = text.lower()
    if len(lowered) == len(text) and unicodedata.is_normalized("NFKC", lowered):
        return lowered.translate(SIMPLIFIED), range(len(text))
    out: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        folded = unicodedata.normalize("NFKC", character).lower().translate(SIMPLIFIED)
        out.append(folded)
        places.extend([place] * len(folded))
    return "".join(out), places


def hits(text: str, query_text: str) -> list[tuple[int, int]]:
    """Where words of the query stand in the text: (start, end) in the original, rising, touching ones joined."""
    terms = query_terms(query_text)
    han = sorted((t for t in terms if is_han(t)), key=len, reverse=True)
    words = {t for t in terms if not is_han(t)}
    if not text or not (han or words):
        return []
    folded, places = _folded(text)
    marked = bytearray(len(text))

    def mark(start: int, end: int) -> None:
        first, last = places[start], places[end - 1]
        marked[first : last + 1] = b"\1" * (last + 1 - first)

    for term in han:
        for found in re.finditer(re.escape(term), folded):
            mark(*found.span())
    if words:
        for found in _WORD.finditer(folded):
            if stem(found.group()) in words:
                mark(*found.span())
        for found in _NUMBER_BEFORE_UNIT.finditer(folded):  # "10 kV" is indexed as "10kv"
            unit = _WORD.match(folded, found.end())
            if unit and found.group().rstrip() + unit.group() in words:
                mark(found.start(), unit.end())
    return [run.span() for run in re.finditer(b"\1+", bytes(marked))]


def highlight(text: str, query_text: str) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is a hit; joined again they are the text, unchanged and unescaped."""
    pieces: list[tuple[str, bool]] = []
    at = 0
    for start, end in hits(text, query_text):
        if start > at:
            pieces.append((text[at:start], False))
        pieces.append((text[start:end], True))
        at = end
    if at < len(text):
        pieces.append((text[at:], False))
    return pieces


def highlight_html(text: str, query_text: str) -> SafeString:
    """The text with hits in <mark>, every piece escaped."""
    return format_html_join(
        "",
        "{}",
        (
            (format_html("<mark>{}</mark>", piece) if is_hit else piece,)
            for piece, is_hit in highlight(text, query_text)
        ),
    )


def snippet(text: str, query_text: str, length: int = 120) -> str:
    """The stretch of at most about `length` characters with the most different hits, begun at a sentence where one
    is near.

    An ellipsis stands where text was left out. Without a hit it is the beginning.
    """
    if len(text) <= length:
        return text
    spans = hits(text, query_text)
    best, most = 0, 0
    for start, _end in spans:
        inside = {text[s:e].lower() for s, e in spans if s >= start and e <= start + length}
        if len(inside) > most:
            best, most = start, len(inside)
    begin = max(0, best - length // 4) if most else 0
    near = max(text.rfind(end, begin, best) for end in _SENTENCE_ENDS) if best else -1
    if near >= 0:
        begin = near + 1
    begin = min(begin, max(0, len(text) - length))
    end = min(len(text), begin + length)
    if (
        begin
        and text[begin - 1].isascii()
        and text[begin - 1].isalnum()
        and text[begin].isascii()
        and text[begin].isalnum()
    ):
        gap = text.find(" ", begin, best + 1)  # do not begin inside an English word
        begin = gap + 1 if gap >= 0 else begin
    if end < len(text) and text[end].isascii() and text[end].isalnum():
        gap = text.rfind(" ", begin, end)
        end = gap if gap > begin + length // 2 else end
    return ("…" if begin else "") + text[begin:end].strip() + ("…" if end < len(text) else "")
