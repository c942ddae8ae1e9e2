"""PNG pictures with few colours, so that those in the source stay small.

Plain Python, for 8-bit pictures as browsers make them.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {2: 3, 6: 4}


def reduced(png: bytes, *, colours: int) -> bytes:
    """The same picture in at most `colours` colours (2 to 256), the most frequent; every other pixel takes the nearest.

    Reads 8-bit RGB or RGBA without interlacing and raises ValueError for any other form; transparency is dropped.
    """
    pixels = _pixels(png)
    height, width, _ = pixels.shape
    packed = (pixels[..., 0].astype(np.uint32) << 16) | (pixels[..., 1].astype(np.uint32) << 8) | pixels[..., 2]
    seen, places, counts = np.unique(packed.ravel(), return_inverse=True, return_counts=True)
    points = np.stack([seen >> 16 & 255, seen >> 8 & 255, seen & 255], axis=1).astype(np.int64)
    chosen = points[_spread(points, counts, colours)]
    nearest = np.empty(len(points), dtype=np.uint8)
    for start in range(0, len(points), 4096):
        part = points[start : start + 4096]
        nearest[start : start + 4096] = ((part[:, None, :] - chosen[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)
    rows = nearest[places].reshape(height, width)
    lines = np.zeros((height, width + 1), dtype=np.uint8)  # each line begins with its filter: none
    lines[:, 1:] = rows
    return b"".join(
        (
            SIGNATURE,
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", chosen.astype(np.uint8).tobytes()),
            _chunk(b"IDAT", zlib.compress(lines.tobytes(), 9)),
            _chunk(b"IEND", b""),
        )
    )


def _spread(points: np.ndarray, counts: np.ndarray, colours: int) -> list[int]:
    """Indexes of frequent colours that differ visibly, then of the most frequent of the rest."""
    order = np.argsort(-counts, kind="stable")
    chosen: list[int] = []
    for apart in (400, 60, 0):  # squared distance in RGB
        for index in order[:20000]:
            if len(chosen) == colours:
                return chosen
            if index in chosen:
                continue
            if not chosen or ((points[chosen] - points[index]) ** 2).sum(axis=1).min() > apart:
                chosen.append(int(index))
    return chosen


def _pixels(png: bytes) -> np.ndarray:
    if png[:8] != SIGNATURE:
        raise ValueError("not a PNG picture")
    parts: Counter[str] = Counter()
    data, at, width, height, channels = bytearray(), 8, 0, 0, 0
    while at < len(png):
        (size,), name = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        body = png[at + 8 : at + 8 + size]
        parts[name.decode("ascii")] += 1
        if name == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            if depth != 8 or colour not in CHANNELS or interlaced:
                raise ValueError("only 8-bit RGB or RGBA without interlacing")
            channels = CHANNELS[colour]
        elif name == b"IDAT":
            data += body
        at += 12 + size
    raw = np.frombuffer(zlib.decompress(bytes(data)), dtype=np.uint8).reshape(height, width * channels + 1)
    return _unfiltered(raw, channels).reshape(height, width, channels)


def _unfiltered(raw: np.ndarray, step: int) -> np.ndarray:
    """Undo the five line filters of PNG (ISO/IEC 15948, 9.2)."""
    height, width = raw.shape[0], raw.shape[1] - 1
    out = np.zeros((height, width), dtype=np.uint8)
    above = np.zeros(width, dtype=np.uint8)
    for y in range(height):
        kind, line = raw[y, 0], raw[y, 1:]
        if kind == 0:
            out[y] = line
        elif kind == 1:
            sums = np.cumsum(line.reshape(-1, step).astype(np.uint32), axis=0)
            out[y] = sums.astype(np.uint8).reshape(-1)
        elif kind == 2:
            out[y] = line + above
        else:
            out[y] = np.frombuffer(_slow(int(kind), bytes(line), bytes(above), step), dtype=np.uint8)
        above = out[y]
    return out


def _slow(kind: int, line: bytes, above: bytes, step: int) -> bytes:
    """Average and Paeth, byte by byte: each depends on the byte made before it."""
    done = bytearray(len(line))
    for x, value in enumerate(line):
        left = done[x - step] if x >= step else 0
        up = above[x]
        if kind == 3:
            guess = (left + up) // 2
        else:
            corner = above[x - step] if x >= step else 0
            base = left + up - corner
            away = (abs(base - left), abs(base - up), abs(base - corner))
            guess = (left, up, corner)[away.index(min(away))]
        done[x] = (value + guess) & 255
    return bytes(done)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
