"""What a collection can be asked: its fields, its documents, a query and an answer. No engine, no
database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache, partial
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import DomainError

RELEVANCE = "relevance"


class SearchError(DomainError):
    """Something search cannot do. `detail` is for the operator's log, the sentence for the reader."""

    code = "search_error"
    status = 503
    sentence = _("Search cannot answer just now.")
    remedy = _("Try again in a moment. If it lasts, tell the operator: the index has to be rebuilt.")

    def __init__(self, detail: str = "") -> None:
        super().__init__()
        self.detail = detail

    def __str__(self) -> str:
        return self.detail or self.code


class UnknownField(SearchError):
    """A query or a document names a field that the collection does not declare, or uses it for what it is not."""

    code = "search_unknown_field"
    status = 400
    sentence = _("This search cannot be read.")
    remedy = _("Clear the filters and start again.")


class IndexNotReady(SearchError):
    """The index is missing, was built by another version of the fields, or cannot be read: it must be rebuilt."""

    code = "search_index_not_ready"


class IndexBusy(SearchError):
    """Another process is writing this index; try again later."""

    code = "search_index_busy"


@dataclass(frozen=True, slots=True)
class Text:
    """Words to be found by `Query.text`. A word here counts as `boost` words, which lifts documents whose hits are
    here (titles)."""

    name: str
    boost: int = 1


@dataclass(frozen=True, slots=True)
class Facet:
    """Values to filter by and to count. `multi`: a document may have several.

    `tree` gives prefix lengths: with (1, 3, 4) the IPC symbol "H01M10/05" also counts, and is found, as "H", "H01"
    and "H01M" and nothing longer. A value shorter than a length stands only for the levels it reaches.
    """

    name: str
    multi: bool = False
    tree: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Exact:
    """Strings found only whole (numbers in their canonical spelling); never counted, so any number of distinct ones
    will do."""

    name: str


@dataclass(frozen=True, slots=True)
class Range:
    """An integer to bound (`Query.ranges`). With `bands` = rising lower edges it also makes the facet `<name>_band`.

    Bands (0, 1000, 5000) give the facet values "0-1000", "1000-5000" and "5000-": lower edge in, upper edge out. A
    number under the first edge has no band.
    """

    name: str
    bands: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Sort:
    """An integer to sort by: `name` rising, `-name` falling; documents without it come last both ways."""

    name: str


Field = Text | Facet | Exact | Range | Sort


@dataclass(frozen=True, slots=True)
class Document:
    """One thing to index. `version` is any integer that changes when the thing does; `check` compares it with the
    database's.

    `values` maps field names to a string (Text, Facet, Exact), a sequence of strings (Facet with `multi` or `tree`,
    Exact) or an integer (Range, Sort); a missing name or None means no value.
    """

    id: int
    version: int
    values: Mapping[str, str | Sequence[str] | int | None]


class Provider(Protocol):
    """Where a collection's documents come from. The owner of the records writes one and registers it."""

    def documents(self, ids: Sequence[int]) -> Iterable[Document]:
        """The documents with these ids that belong in the index now; one that does not come back is removed from it."""
        ...

    def versions(self) -> Iterator[tuple[int, int]]:
        """(id, version) of everything that belongs in the index, streamed, each id once."""
        ...


@dataclass(frozen=True)
class Collection:
    """A named set of documents and its fields.

    `subject` is the kind of event subject whose id is a document id; `related` maps other kinds to a function from
    their ids to document ids (a patent's change touches its listings). `default_sort` orders a browse that asks for
    relevance.
    """

    name: str
    fields: tuple[Field, ...]
    default_sort: str
    subject: str = ""
    related: Mapping[str, Callable[[Sequence[int]], Iterable[int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.default_sort.removeprefix("-") not in self.sorts:
            raise UnknownField(f"{self.name}: default sort {self.default_sort!r} is not a Sort field")
        names = [(f.name, "number") if isinstance(f, (Range, Sort)) else (f.name, "") for f in self.fields]
        clashing = {n for n, kind in names if names.count((n, "")) > 1 or (kind == "number" and (n, "") in names)}
        if clashing:
            raise UnknownField(f"{self.name}: {', '.join(sorted(clashing))} declared twice")

    @cached_property
    def texts(self) -> tuple[Text, ...]:
        return tuple(f for f in self.fields if isinstance(f, Text))

    @cached_property
    def texts_by_boost(self) -> tuple[tuple[int, tuple[str, ...]], ...]:
        """(boost, names of the texts that have it)."""
        boosts = sorted({text.boost for text in self.texts})
        return tuple((boost, tuple(text.name for text in self.texts if text.boost == boost)) for boost in boosts)

    @cached_property
    def facets(self) -> dict[str, Facet]:
        """Declared facets and those made by the bands of a range, by name."""
        found = {f.name: f for f in self.fields if isinstance(f, Facet)}
        found.update({name: Facet(name) for name in self.banded})
        return found

    @cached_property
    def banded(self) -> dict[str, Range]:
        """Facets made by the bands of a range: facet name to range."""
        return {f"{r.name}_band": r for r in self.ranges.values() if r.bands}

    @cached_property
    def exacts(self) -> frozenset[str]:
        return frozenset(f.name for f in self.fields if isinstance(f, Exact))

    @cached_property
    def ranges(self) -> dict[str, Range]:
        return {f.name: f for f in self.fields if isinstance(f, Range)}

    @cached_property
    def sorts(self) -> frozenset[str]:
        return frozenset(f.name for f in self.fields if isinstance(f, Sort))

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """Names that hold an integer: ranges and sorts, each once."""
        return tuple(sorted(self.sorts | set(self.ranges)))

    @cached_property
    def fingerprint(self) -> str:
        """Changes when the declared fields do; an index built under another one must be rebuilt."""
        return repr(sorted((type(f).__name__, repr(f)) for f in self.fields))

    def facet_values(self, name: str, values: Mapping[str, str | Sequence[str] | int | None]) -> tuple[str, ...]:
        """The values one document counts under, in facet `name`, with tree levels spelled out; sorted, each once."""
        if name in self.banded:
            number = values.get(self.banded[name].name)
            band = band_of(self.banded[name].bands, number) if isinstance(number, int) else None
            return () if band is None else (band,)
        raw = values.get(name)
        if raw is None or raw == "":
            return ()
        if isinstance(raw, int):
            raise UnknownField(f"{self.name}.{name}: a facet takes strings, not {raw!r}")
        return self._spelled[name](raw if isinstance(raw, str) else tuple(raw))

    @cached_property
    def _spelled(self) -> dict[str, Callable[[str | tuple[str, ...]], tuple[str, ...]]]:
        """A memory for each facet: most documents repeat what one before had."""
        return {name: lru_cache(maxsize=20_000)(partial(_spelled_out, facet)) for name, facet in self.facets.items()}


def _spelled_out(facet: Facet, raw: str | tuple[str, ...]) -> tuple[str, ...]:
    many = {raw} if isinstance(raw, str) else {value for value in raw if value}
    if len(many) > 1 and not facet.multi:
        raise UnknownField(f"{facet.name}: several values, but the facet is not declared multi")
    if facet.tree:
        return tuple(sorted({value[:cut] for value in many for cut in facet.tree if len(value) >= cut}))
    return tuple(sorted(many))


def band_of(edges: Sequence[int], number: int) -> str | None:
    """The name of the band that holds the number, or None below the first edge."""
    for low, high in zip(reversed(edges), [None, *reversed(edges[1:])], strict=True):
        if number >= low:
            return f"{low}-{'' if high is None else high}"
    return None


def band_names(edges: Sequence[int]) -> list[str]:
    """Every band of these edges, in order: what a page shows even where the count is zero."""
    return [f"{low}-{high}" for low, high in zip(edges, [*edges[1:], ""], strict=True)]


@dataclass(frozen=True)
class Query:
    """One question. Values of one filter are alternatives; different filters must all hold.

    `ranges` are inclusive, None is open; a document without the number fails unless its name is in `include_missing`.
    `facets` are counted with every filter but their own. `histograms` maps a number to rising edges e0 < e1 < …:
    counts of [e0, e1), [e1, e2) …, with every condition but that number's own range. `page` counts from 1.
    `facet_limit` keeps the most frequent values of a facet (selected ones always stay; trees are never cut).
    """

    text: str = ""
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict)
    include_missing: frozenset[str] = frozenset()
    sort: str = RELEVANCE
    page: int = 1
    per_page: int = 20
    facets: Sequence[str] = ()
    histograms: Mapping[str, Sequence[int]] = field(default_factory=dict)
    facet_limit: int = 200


@dataclass(frozen=True)
class Result:
    """The answer to a Query: ids of one page in order, the total, and counts (most frequent first, then by value).

    `relaxed` says that no document has all the words, whatever the filters, so those with some of them are shown.
    `generation` names the state of the index that answered; it grows with each change.
    """

    ids: list[int]
    total: int
    facets: dict[str, list[tuple[str, int]]]
    histograms: dict[str, list[tuple[int, int, int]]]
    took_ms: float
    generation: int
    indexed_at: datetime
    relaxed: bool = False


@dataclass(frozen=True)
class Differences:
    """What an index lacks, has too much of, or holds in an older version, against the database. Ids, ascending."""

    collection: str
    missing: list[int]
    extra: list[int]
    stale: list[int]
    documents: int
    text_documents: int

    @property
    def none(self) -> bool:
        return not (self.missing or self.extra or self.stale) and self.documents == self.text_documents


@dataclass(frozen=True)
class State:
    """Whether a collection can answer: `state` is "ready", "missing", "outdated" (fields or format changed) or
    "unreadable"."""

    collection: str
    state: str
    generation: int = 0
    documents: int = 0
    indexed_at: datetime | None = None
    detail: str = ""

    @property
    def is_ready(self) -> bool:
        return self.state == "ready"
