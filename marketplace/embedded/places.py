"""Where the embedded servers keep what they need, and how this package speaks to the person at the terminal."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class CannotServe(Exception):  # a refusal, named like the others
    """The servers or the site cannot be started; the message is one sentence for the person at the terminal."""


def run_directory() -> Path:
    """The directory of everything that running makes: `.run/` of this clone, or RUN_DIR."""
    return Path(os.environ.get("RUN_DIR") or ROOT / ".run").absolute()


def make_private(directory: Path) -> None:
    """Create a directory that others cannot list.

    As root it stays passable, because PostgreSQL refuses to run as root and its data lies below.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if directory.stat().st_uid == os.geteuid():
        directory.chmod(0o711 if os.geteuid() == 0 else 0o700)


def say(message: str, *, who: str = "market") -> None:
    """One line to stderr: stdout belongs to the answer of the command that runs."""
    sys.stderr.write(f"{who:<8}| {message}\n")
    sys.stderr.flush()
