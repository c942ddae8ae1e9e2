"""Indexing beside an import: a process of its own follows the events, so both cores work and nothing is indexed
twice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings

WAIT_S = 600
log = structlog.get_logger(__name__)


@contextmanager
def beside() -> Iterator[None]:
    """Run `manage.py follow_index` while the block runs, and let it finish what is left when the block is over.

    The follower is the relay's own search subscriber under the relay's own lock: with a site running, its worker and
    this process share the work. Importing goes on when the follower cannot start; the relay indexes later then.
    """
    try:
        follower: subprocess.Popen[bytes] | None = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, str(settings.BASE_DIR / "manage.py"), "follow_index"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=settings.BASE_DIR,
            # Each generation is written by threads of its own; a heap for each would keep what the last one freed.
            env={**os.environ, "MALLOC_ARENA_MAX": "2"},
        )
    except OSError as error:
        log.warning("index_follower_not_started", error=str(error))
        follower = None
    try:
        yield
    finally:
        if follower is not None:
            _finish(follower)


def _finish(follower: subprocess.Popen[bytes]) -> None:
    assert follower.stdin is not None
    follower.stdin.close()  # its sign to finish
    try:
        if follower.wait(WAIT_S):
            log.warning("index_follower_failed", status=follower.returncode)
    except subprocess.TimeoutExpired:
        follower.terminate()
        log.warning("index_follower_unfinished", waited_s=WAIT_S)
