"""Background entry points of matching."""

from celery import shared_task

from listings.catalogue.models import Need
from listings.matching.services.matches import refresh_need
from listings.matching.services.reading import read_offers


@shared_task
def match_all_needs() -> int:
    """Match every public need anew against the whole market; returns how many needs."""
    done = 0
    for need_id in Need.objects.public().order_by("pk").values_list("pk", flat=True).iterator(chunk_size=2000):
        refresh_need(need_id=need_id)
        done += 1
    return done


MOST_READ = 128
"""Texts to a run: some seconds of the model's time, after which the worker is free for others."""


@shared_task
def read_new_offers() -> int:
    """Have the model read what is new, a little at a time; the nightly run matches by it. Returns how many texts."""
    return read_offers(most=MOST_READ)
