"""File locks that the kernel frees when their holder dies, however it dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FileLock:
    """One `flock` on one file: shared by many or exclusive to one. Not for use by two threads at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def _open(self) -> int:
        if self._fd is None:
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._fd

    def acquire(self) -> None:
        """Wait until nobody else holds the lock in any way, then hold it alone."""
        fcntl.flock(self._open(), fcntl.LOCK_EX)

    def acquire_shared(self) -> None:
        """Wait until nobody holds the lock alone, then hold it together with others."""
        fcntl.flock(self._open(), fcntl.LOCK_SH)

    def try_acquire(self) -> bool:
        """Hold the lock alone if that needs no waiting; say whether it worked."""
        try:
            fcntl.flock(self._open(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let go. Harmless when nothing is held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock alone for the length of a `with` block."""
        self.acquire()
        try:
            yield
        finally:
            self.release()
