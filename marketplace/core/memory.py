"""How often Python looks for garbage in cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG_OBJECTS = 200_000
"""New containers (less those freed) before the first look: more than a batch of an import holds at a time."""


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Look for cycles seldom while the block runs, and never among what was there before.

    For long loops over records: they make objects by the million, which go when their last reference does, and a
    process full of modules makes each look dear. A sixth of an import's time goes without this. Blocks may nest.
    """
    before = gc.get_threshold()
    outermost = gc.get_freeze_count() == 0
    if outermost:
        gc.collect()
        gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        if outermost:
            gc.unfreeze()
