"""Having listings read by the model, in the background, and what has been read so far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.db.models import Count, Max, QuerySet

from listings.catalogue.models import Listing
from listings.matching.keeping import text_hash
from listings.matching.meaning import AT_ONCE, embedder
from listings.matching.models import OfferedVector
from listings.matching.normalising import Meanings
from listings.matching.offers import ListingSource
from listings.matching.ranking import Meaning
from listings.matching.sides import LANGUAGES
from marketplace.core import clock


@dataclass(frozen=True, slots=True)
class Progress:
    """Texts read and texts there are, over both languages; nothing to read without a model."""

    read: int
    total: int


def progress() -> Progress:
    model = embedder()
    if model is None:
        return Progress(0, 0)
    total = sum(len(_versions(language)) for language in LANGUAGES)
    return Progress(total - sum(len(_unread(language, model.name)) for language in LANGUAGES), total)


def read_offers(*, most: int) -> int:
    """Have at most `most` new or changed texts read; returns how many were. A text whose words did not change is only
    noted as known. Raises MeaningFailed."""
    model = embedder()
    if model is None:
        return 0
    done = 0
    for language in LANGUAGES:
        unread = sorted(_unread(language, model.name))[: most - done]
        for at in range(0, len(unread), AT_ONCE):
            done += _read(unread[at : at + AT_ONCE], language)
    return done


def _versions(language: str) -> dict[int, int]:
    return dict(ListingSource().versions(language))


def _unread(language: str, model: str) -> list[int]:
    known = OfferedVector.objects.filter(language=language, model=model).values_list("listing_id", "version")
    read = dict(known)
    return [pk for pk, version in _versions(language).items() if read.get(pk) != version]


def _read(ids: list[int], language: str) -> int:
    model = embedder()
    assert model is not None
    texts = {one.id: (one.version, "\n".join(one.texts[language])) for one in ListingSource().offered(ids)}
    kept = {
        row.listing_id: row
        for row in OfferedVector.objects.filter(listing__in=texts, language=language, model=model.name)
    }
    hashes = {pk: text_hash(text) for pk, (_version, text) in texts.items()}
    fresh = [pk for pk in texts if pk not in kept or bytes(kept[pk].text_hash) != hashes[pk]]
    vectors = {pk: bytes(kept[pk].vector) for pk in texts if pk not in fresh}
    if fresh:
        rows = model.passages([texts[pk][1] for pk in fresh])
        vectors |= {pk: row.astype(np.float32).tobytes() for pk, row in zip(fresh, rows, strict=True)}
    now = clock.now()
    OfferedVector.objects.bulk_create(
        [
            OfferedVector(
                listing_id=pk,
                language=language,
                model=model.name,
                version=version,
                text_hash=hashes[pk],
                vector=vectors[pk],
                read_at=now,
            )
            for pk, (version, _text) in texts.items()
        ],
        update_conflicts=True,
        unique_fields=["listing", "language", "model"],
        update_fields=["version", "text_hash", "vector", "read_at"],
    )
    return len(texts)


_kept: tuple[object, Meaning] | None = None


def stored_meaning() -> Meaning | None:
    """What the site's model has read of public listings, in memory until something more is read; None without a model.

    About 1.5 kB a text: a market of a million texts needs a store that searches in the database instead.
    """
    global _kept
    model = embedder()
    if model is None:
        return None
    rows = OfferedVector.objects.filter(model=model.name, listing__in=Listing.objects.public().values("pk"))
    state = (model.name, *rows.aggregate(many=Count("pk"), last=Max("read_at")).values())
    if _kept is None or _kept[0] != state:
        _kept = (state, Meaning(model, {language: _side(rows.filter(language=language)) for language in LANGUAGES}))
    return _kept[1]


def _side(rows: QuerySet[OfferedVector]) -> Meanings:
    found = list(rows.order_by("listing_id").values_list("listing_id", "vector"))
    vectors = [np.frombuffer(bytes(vector), np.float32) for _pk, vector in found]
    return Meanings([pk for pk, _vector in found], np.stack(vectors) if vectors else np.zeros((0, 1), np.float32))
