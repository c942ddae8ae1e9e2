"""Ranked text through tantivy, fed with words our own segmentation made.

Per collection one tantivy schema: `text` (all words, those of boosted texts repeated), `chars` (single Han characters),
`f_*` (facet values whole), `x_*` (exact strings), `n_*` (numbers), `id`. A boost by repetition costs a query nothing; a
field of its own for titles, as an optional clause a word, made a two-word search several times dearer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Occur

from .browse import ranked
from .fields import RELEVANCE, Collection, Document, Query, UnknownField
from .segment import analyse, is_han, query_terms

MOST_TERMS = 48
"""A longer query (a need's description) is asked by its rarest words: the others cost most and change least."""

BM25_CEILING = 2.2
"""What one word of rarity 1 adds to a score at most: k1 + 1, approached as it is repeated in a short text."""

_LONGEST_QUERY = 4000  # characters
_INTEGER = tantivy.FieldType.Integer


def schema_of(collection: Collection) -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", indexed=True, fast=True)
    builder.add_text_field("text", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("chars", tokenizer_name="whitespace", index_option="basic")
    for name in collection.facets:
        builder.add_text_field(f"f_{name}", tokenizer_name="raw", index_option="basic", fast=True)
    for name in sorted(collection.exacts):
        builder.add_text_field(f"x_{name}", tokenizer_name="raw", index_option="basic")
    for name in collection.numbers:
        builder.add_integer_field(f"n_{name}", fast=True)
    return builder.build()


def as_tantivy(collection: Collection, document: Document, schema: tantivy.Schema) -> tantivy.Document:
    """A document with its text segmented, texts of one boost together: their order in `text` means nothing."""
    values = document.values
    fields: dict[str, Any] = {"id": document.id}
    words: list[str] = []
    characters: list[str] = []
    for boost, names in collection.texts_by_boost:
        if raw := "\n".join([raw for name in names if (raw := values.get(name)) and isinstance(raw, str)]):
            found, han = analyse(raw)
            words += [found] * boost
            characters.append(han)
    if words:
        fields["text"] = " ".join(words)
        fields["chars"] = " ".join(characters)
    for name in collection.facets:
        if shown := collection.facet_values(name, values):
            fields[f"f_{name}"] = list(shown)
    for name in collection.exacts:
        exact = values.get(name)
        if exact:
            many = [exact] if isinstance(exact, str) else exact
            fields[f"x_{name}"] = [one for one in many if one]  # type: ignore[union-attr]
    for name in collection.numbers:
        number = values.get(name)
        if number is not None:
            fields[f"n_{name}"] = number
    return tantivy.Document.from_dict(fields, schema)


class TextWriter:
    """Writes one tantivy index. Nothing counts until `commit`; one at a time per folder."""

    def __init__(self, collection: Collection, folder: Path, *, heap_mb: int = 32) -> None:
        self._collection = collection
        folder.mkdir(parents=True, exist_ok=True)
        # A thread more would make a segment more of each commit and gains nothing while Python makes the documents.
        self._schema = schema_of(collection)
        self._writer = tantivy.Index(self._schema, path=str(folder)).writer(heap_mb << 20, 1)

    def add(self, document: Document) -> None:
        self._writer.add_document(as_tantivy(self._collection, document, self._schema))

    def delete(self, ids: Iterable[int]) -> None:
        for number in ids:
            self._writer.delete_documents_by_term("id", int(number))

    def commit(self) -> None:
        """Make it so, and let merges finish: afterwards the folder is at rest."""
        self._writer.commit()
        self._writer.wait_merging_threads()


@dataclass(frozen=True)
class Found:
    """Addresses of one page of hits, and how many hits there are."""

    addresses: list[tantivy.DocAddress]
    total: int


@dataclass(frozen=True)
class TextAnswer:
    ids: list[int]
    total: int
    facets: dict[str, list[tuple[str, int]]]
    histograms: dict[str, list[tuple[int, int, int]]]
    relaxed: bool


class TextReader:
    """Searches one committed state of a tantivy index."""

    def __init__(self, collection: Collection, folder: Path) -> None:
        self._collection = collection
        index = tantivy.Index.open(str(folder))
        index.config_reader("manual")
        index.reload()
        self._schema = index.schema
        self._searcher = index.searcher()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def answer(self, query: Query) -> TextAnswer:
        """Search by text and by exact strings, with filters, ranges, counts and order."""
        words = _Words(self, query.text)
        relaxed = False
        conditions = self._conditions(query)
        wanted = words.all_of
        found = self._search(query, wanted, conditions)
        if not found.total and words.spell_out_unknown():
            wanted = words.all_of
            found = self._search(query, wanted, conditions)
        if not found.total and not self._any(wanted):  # it is the words, not the filters, that find nothing
            for least in words.relaxations():
                relaxed, wanted = True, words.at_least(least)
                if self._any(wanted):
                    found = self._search(query, wanted, conditions)
                    break
        facets = self._facets(query, wanted, conditions) if query.facets else {}
        histograms = {
            name: self._histogram(query, name, edges, wanted, conditions) for name, edges in query.histograms.items()
        }
        ids = self._searcher.fast_field_values("id", found.addresses) if found.addresses else []
        return TextAnswer(
            [int(number) for number in ids if number is not None], found.total, facets, histograms, relaxed
        )

    def weighed(self, boosts: Mapping[str, float], limit: int, among: Sequence[int] = ()) -> list[tuple[int, float]]:
        """(id, score) of the best documents with any of these words, at most `limit`; `among`: of these ids only.

        The score is the sum over the words of boost × BM25 (k1 = 1.2, b = 0.75); each word adds less than boost ×
        rarity × `BM25_CEILING`.
        """
        each = [(Occur.Should, tantivy.Query.boost_query(self.term("text", word), by)) for word, by in boosts.items()]
        if not each:
            return []
        wanted = tantivy.Query.boolean_query(each)
        if among:
            these = _unscored(tantivy.Query.term_set_query(self._schema, "id", list(among)))
            wanted = tantivy.Query.boolean_query([(Occur.Must, these), (Occur.Must, wanted)])
        hits: Any = self._searcher.search(wanted, limit, count=False).hits
        ids = self._searcher.fast_field_values("id", [address for _, address in hits]) if hits else []
        return [(int(number), float(score)) for number, (score, _) in zip(ids, hits, strict=True) if number is not None]

    def _any(self, wanted: Sequence[tuple[Occur, tantivy.Query]]) -> bool:
        return bool(self._searcher.search(tantivy.Query.boolean_query(wanted), 1, count=False).hits)

    # --- words -----------------------------------------------------------------------------------------------------

    def frequency(self, term: str) -> int:
        return int(self._searcher.doc_freq("text", term))

    def term(self, field: str, value: object) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, value, "basic" if field == "chars" else "freq")

    def word(self, term: str, *, is_known: bool = True) -> tantivy.Query:
        """Documents with this word. A single Han character, or a Han word never met, is looked up by its characters."""
        if is_han(term) and (len(term) == 1 or not is_known):
            found = [(Occur.Must, self.term("chars", character)) for character in dict.fromkeys(term)]
            return found[0][1] if len(found) == 1 else tantivy.Query.boolean_query(found)
        return self.term("text", term)

    def rarity(self, term: str) -> float:
        """The weight BM25 gives a word of this index: ln(1 + (N − n + ½) / (n + ½)) for n of N documents with it."""
        known = self.frequency(term)
        return log(1 + (max(len(self) - known, 0) + 0.5) / (known + 0.5))

    # --- conditions ------------------------------------------------------------------------------------------------

    def _conditions(self, query: Query) -> dict[tuple[str, str], tantivy.Query]:
        """What must hold besides the words. Scores nothing: a filter must not change the ranking."""
        wanted: dict[tuple[str, str], tantivy.Query] = {}
        for name, values in query.filters.items():
            if values:
                field = f"x_{name}" if name in self._collection.exacts else f"f_{name}"
                wanted["filter", name] = _unscored(_any_of(self._schema, field, values))
        for name, (low, high) in query.ranges.items():
            if low is None and high is None:
                continue
            inside = tantivy.Query.range_query(self._schema, f"n_{name}", _INTEGER, low, high)
            if name in query.include_missing:
                without = tantivy.Query.boolean_query(
                    [(Occur.Must, tantivy.Query.all_query()), (Occur.MustNot, tantivy.Query.exists_query(f"n_{name}"))]
                )
                inside = tantivy.Query.boolean_query([(Occur.Should, inside), (Occur.Should, without)])
            wanted["range", name] = _unscored(inside)
        return wanted

    def _query(
        self,
        wanted: Sequence[tuple[Occur, tantivy.Query]],
        conditions: Mapping[tuple[str, str], tantivy.Query],
        but: tuple[str, str] | None = None,
    ) -> tantivy.Query:
        must = [(Occur.Must, condition) for key, condition in conditions.items() if key != but]
        return tantivy.Query.boolean_query([*wanted, *must])

    def _search(self, query: Query, wanted: Sequence[tuple[Occur, tantivy.Query]], conditions: Any) -> Found:
        asked = self._query(wanted, conditions)
        offset = (query.page - 1) * query.per_page
        sort = query.sort
        if sort == RELEVANCE and not query.text.strip():
            sort = self._collection.default_sort
        more: dict[str, Any] = {}
        if sort != RELEVANCE:
            name = sort.removeprefix("-")
            if name not in self._collection.sorts:
                raise UnknownField(f"{self._collection.name}: cannot sort by {sort!r}")
            falls = sort.startswith("-")
            more = {"order_by_field": f"n_{name}", "order": tantivy.Order.Desc if falls else tantivy.Order.Asc}
        result: Any = self._searcher.search(asked, query.per_page, offset=offset, **more)
        return Found([address for _, address in result.hits], int(result.count))

    # --- counts ----------------------------------------------------------------------------------------------------

    def _facets(self, query: Query, wanted: Any, conditions: Any) -> dict[str, list[tuple[str, int]]]:
        """Facets without a filter of their own are counted in one pass, each other one in a pass without its filter."""
        free = [name for name in query.facets if ("filter", name) not in conditions]
        counted: dict[str, dict[str, int]] = {}
        passes: list[tuple[tuple[str, str] | None, list[str]]] = [(None, free)] if free else []
        passes += [(("filter", name), [name]) for name in query.facets if name not in free]
        for but, names in passes:
            asked = self._query(wanted, conditions, but)
            answer = self._searcher.aggregate(
                asked,
                {name: {"terms": {"field": f"f_{name}", "size": 60_000, "segment_size": 60_000}} for name in names},
            )
            for name in names:
                counted[name] = {bucket["key"]: bucket["doc_count"] for bucket in answer[name]["buckets"]}
        return {
            name: ranked(
                counted[name],
                query.filters.get(name, ()),
                None if self._collection.facets[name].tree else query.facet_limit,
            )
            for name in query.facets
        }

    def _histogram(
        self, query: Query, name: str, edges: Sequence[int], wanted: Any, conditions: Any
    ) -> list[tuple[int, int, int]]:
        asked = self._query(wanted, conditions, ("range", name))
        steps = list(pairwise(edges))
        ranges = [{"from": float(low), "to": float(high), "key": str(low)} for low, high in steps]
        answer = self._searcher.aggregate(asked, {name: {"range": {"field": f"n_{name}", "ranges": ranges}}})
        counts = {bucket["key"]: bucket["doc_count"] for bucket in answer[name]["buckets"]}
        return [(low, high, int(counts.get(str(low), 0))) for low, high in steps]


class _Words:
    """The words of a query as clauses: all of them, or, when that finds nothing, some of them."""

    def __init__(self, reader: TextReader, text: str) -> None:
        self._reader = reader
        terms = query_terms(text[:_LONGEST_QUERY])
        self._empty = bool(text.strip()) and not terms
        if len(terms) > MOST_TERMS:
            often = {term: reader.frequency(term) for term in terms}
            rarest = set(sorted(terms, key=lambda term: (often[term] or 1 << 60, term))[:MOST_TERMS])
            terms = [term for term in terms if term in rarest]
        self.terms = terms
        self._each = [reader.word(term) for term in terms]

    def spell_out_unknown(self) -> bool:
        """Look up Han words the index has never met by their characters from now on; False when there are none."""
        unknown = {term for term in self.terms if len(term) > 1 and is_han(term) and not self._reader.frequency(term)}
        self._each = [self._reader.word(term, is_known=term not in unknown) for term in self.terms]
        return bool(unknown)

    @property
    def all_of(self) -> list[tuple[Occur, tantivy.Query]]:
        if not self.terms:
            return [(Occur.Must, tantivy.Query.empty_query() if self._empty else tantivy.Query.all_query())]
        return [(Occur.Must, one) for one in self._each]

    def relaxations(self) -> list[int]:
        """How many words to insist on when not all of them are found: half, then one."""
        return sorted({len(self.terms) // 2, 1}, reverse=True) if len(self.terms) > 1 else []

    def at_least(self, least: int) -> list[tuple[Occur, tantivy.Query]]:
        """At least so many of the words, the better the more."""
        return [(Occur.Must, tantivy.Query.boolean_query([(Occur.Should, one) for one in self._each], least))]


def _any_of(schema: tantivy.Schema, field: str, values: Sequence[str]) -> tantivy.Query:
    distinct = sorted(set(values))
    if len(distinct) == 1:
        return tantivy.Query.term_query(schema, field, distinct[0], "basic")
    return tantivy.Query.term_set_query(schema, field, distinct)


def _unscored(query: tantivy.Query) -> tantivy.Query:
    return tantivy.Query.const_score_query(query, 0.0)
