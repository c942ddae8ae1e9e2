"""Small helpers for the reader tests: write a file, read it, sort what came out."""

from __future__ import annotations

from pathlib import Path

from listings.patents.readers import DEFAULT, Limits, NotPatents, RawRecord, Rejection, read
from listings.patents.record import PatentIn

SAMPLES = Path(__file__).parent / "samples"


def put(folder: Path, name: str, content: bytes | str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def records(path: Path, limits: Limits = DEFAULT) -> list[PatentIn]:
    """The records of a file that has nothing else in it."""
    items = list(read(path, limits=limits))
    assert all(isinstance(item, RawRecord) for item in items), items
    return [item.record for item in items if isinstance(item, RawRecord)]


def rejections(path: Path, limits: Limits = DEFAULT) -> list[Rejection]:
    return [item for item in read(path, limits=limits) if isinstance(item, Rejection)]


def instead(path: Path) -> str:
    """What a file without patents was named."""
    items = list(read(path))
    assert len(items) == 1, items
    assert isinstance(items[0], NotPatents), items
    return items[0].what
