"""Indexing beside an import: a process of its own follows the events, so both cores work and nothing is indexed
twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

WAIT_S = 600


@contextmanager
def beside() -> Iterator[None]:
    """Run `manage.py follow_index` while the block runs, and let it finish what is left when the block is over.

    The follower is the relay's own search subscriber under the relay's own lock: with a site running, its worker and
    this process share the work. Importing goes on when the follower cannot start; the relay indexes later then.
    """
    follower = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "follow_index"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        cwd=settings.BASE_DIR,
    )
    try:
        yield
    finally:
        assert follower.stdin is not None
        follower.stdin.close()  # its sign to finish
        try:
            follower.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            follower.terminate()
