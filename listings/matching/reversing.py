"""Which standing needs a new listing may answer: the needs of the database turned around, kept while none changes.

The turned needs only choose; every pair they choose is then rated as a need rates its listings, so that a match has the
same score whichever of the two came first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Max

from listings.catalogue.models import Need
from listings.matching.candidates import questions
from listings.matching.dictionary import dictionary
from listings.matching.offers import ListingSource, sought_texts
from listings.matching.sides import ZH, Offered
from listings.matching.standing import Standing, strengths
from marketplace.search.segment import analyse

MOST_NEEDS = 200
"""Needs considered for one listing and side."""
LEAST_SHARE = 0.02
"""A need of which less is answered is not considered."""
AVERAGE_LENGTH = 120.0
"""Words of a listing, about; it moves only how much a long text is marked down while choosing."""

Side = tuple[str, str]


@dataclass
class _Turned:
    """All public needs by (their language, the listings' language), and the state of the table they were read in."""

    state: object = None
    sides: dict[Side, Standing] = field(default_factory=dict)


_turned = _Turned()


def _standing() -> Mapping[Side, Standing]:
    """The turned needs as the database has them now; made anew when a need was added, changed or withdrawn."""
    state = Need.objects.public().aggregate(Count("pk"), Max("updated_at"), Max("pk"))
    if _turned.state != state:
        worth: dict[Side, list[tuple[int, Mapping[str, float]]]] = {}
        for need in Need.objects.public().order_by("pk").iterator(chunk_size=2000):
            for question in questions(sought_texts(need)):
                worth.setdefault((question.wanted, question.offered), []).append((need.pk, question.asked.worth))
        _turned.sides = {side: Standing(rows) for side, rows in worth.items()}
        _turned.state = state
    return _turned.sides


def needs_for(listing_ids: Sequence[int]) -> dict[int, set[int]]:
    """Needs that these public listings may answer, each with the listings. Raises IndexNotReady."""
    found: dict[int, set[int]] = {}
    sides = _standing()
    for offered in ListingSource().offered(listing_ids):
        for (_wanted, language), standing in sides.items():
            counts = _counts(offered, language, is_translated=_wanted != language)
            for need_id, _share in standing.best(strengths(counts, AVERAGE_LENGTH), MOST_NEEDS, LEAST_SHARE):
                found.setdefault(need_id, set()).add(offered.id)
    return found


def _counts(offered: Offered, language: str, *, is_translated: bool) -> Counter[str]:
    """The words of a listing in one language; of a Chinese text for an English need, those of its gloss."""
    text = "\n".join(offered.texts.get(language, ()))
    words: Iterable[str] = analyse(text)[0].split()
    known = dictionary() if is_translated and language == ZH else None
    return Counter(analyse(known.gloss(words))[0].split() if known else words)
