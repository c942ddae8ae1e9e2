"""The reader's name and time on every page of a PDF and across every picture. Pure: bytes in, bytes out.

The mark is drawn once per page size (typst, with the shipped Chinese face) and laid over each page; pictures are drawn
over with Pillow. What cannot be marked is refused when it is handed in, so that nothing leaves unmarked.
"""

from __future__ import annotations

import io
import json
import math
from functools import lru_cache
from importlib.resources import files as resource_files
from pathlib import Path

import typst
from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError
from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

MOST_PAGES = 300
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 14_400  # points, the largest page PDF 1.7 readers need to show
PDF_MIME = "application/pdf"
IMAGE_MIMES = {"image/png": "PNG", "image/jpeg": "JPEG"}
MARKED = frozenset({PDF_MIME, *IMAGE_MIMES})
INK = (90, 90, 90, 70)


class Unmarkable(Exception):
    """Protected, damaged or too large."""


def font_directory() -> Path:
    """Where the shipped Chinese faces lie."""
    return Path(str(resource_files("pylopdf_fonts_zh_cn")))


def check_markable(content: bytes, mime: str) -> None:
    """Raises Unmarkable for a PDF or picture that could not be marked; other types pass."""
    if mime == PDF_MIME:
        _pages(content)
    elif mime in IMAGE_MIMES:
        _image(content)


def marked(content: bytes, mime: str, words: str) -> bytes:
    """The file with `words` over every page or across the picture; other types as given. Raises Unmarkable."""
    words = "".join(one for one in words if one.isprintable())
    if mime == PDF_MIME:
        return _marked_pdf(content, words)
    if mime in IMAGE_MIMES:
        return _marked_image(content, IMAGE_MIMES[mime], words)
    return content


def _pages(content: bytes) -> PdfReader:
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted or not 0 < len(reader.pages) <= MOST_PAGES:
            raise Unmarkable()
        for page in reader.pages:
            if not 0 < page.mediabox.width <= LONGEST_SIDE or not 0 < page.mediabox.height <= LONGEST_SIDE:
                raise Unmarkable()
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise Unmarkable() from error
    return reader


def _marked_pdf(content: bytes, words: str) -> bytes:
    reader = _pages(content)
    writer = PdfWriter()
    try:
        for given in reader.pages:
            page = writer.add_page(given)
            page.transfer_rotation_to_content()
            box = page.mediabox
            over = _overlay(words, round(box.width), round(box.height))
            mark = PdfReader(io.BytesIO(over)).pages[0]
            page.merge_translated_page(mark, box.left, box.bottom)
        writer.compress_identical_objects()
        out = io.BytesIO()
        writer.write(out)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unmarkable() from error
    return out.getvalue()


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[str(font_directory())])


@lru_cache(maxsize=64)
def _overlay(words: str, width: int, height: int) -> bytes:
    """A transparent page of this size in points: the words slanted across it, and once along the foot."""
    size = max(9, min(18, width // 34))
    rows = max(2, height // 220)
    source = "\n".join(
        (
            f"#set page(width: {max(width, 40)}pt, height: {max(height, 40)}pt, margin: 0pt, fill: none)",
            f'#set text(font: "Noto Sans SC", size: {size}pt, fill: rgb(90, 90, 90, 60))',
            f"#let words = {json.dumps(words, ensure_ascii=False)}",
            *(
                f"#place(top + left, dx: {width * 0.08:.0f}pt, dy: {height * (row + 0.75) / rows:.0f}pt, "
                "rotate(-24deg, origin: left, box(width: 4 * 100%, words)))"
                for row in range(rows)
            ),
            "#place(bottom + center, dy: -6pt, text(size: 7pt, fill: rgb(60, 60, 60), words))",
        )
    )
    return typst.compile(source.encode(), format="pdf", font_paths=_fonts())


def _image(content: bytes) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(content))
        if picture.width * picture.height > MOST_PIXELS:
            raise Unmarkable()
        picture.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Unmarkable() from error
    return picture


def _marked_image(content: bytes, kind: str, words: str) -> bytes:
    picture = _image(content).convert("RGBA")
    size = max(12, min(picture.width, picture.height) // 24)
    font = _font(size)
    diagonal = math.ceil(math.hypot(picture.width, picture.height))
    layer = Image.new("RGBA", (diagonal, diagonal), (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    length = draw.textlength(words, font=font)
    step = max(int(length) + size * 4, 1)
    for row, y in enumerate(range(0, diagonal, size * 6)):
        for x in range(-step // 2 * (row % 2), diagonal, step):
            draw.text((x, y), words, font=font, fill=INK)
    layer = layer.rotate(24, resample=Image.Resampling.BILINEAR)
    left, top = (diagonal - picture.width) // 2, (diagonal - picture.height) // 2
    picture.alpha_composite(layer.crop((left, top, left + picture.width, top + picture.height)))
    foot = ImageDraw.Draw(picture)
    foot.text(
        (size // 2, picture.height - size * 1.6), words, font=_font(max(10, size * 2 // 3)), fill=(60, 60, 60, 220)
    )
    out = io.BytesIO()
    if kind == "JPEG":
        picture.convert("RGB").save(out, kind, quality=88)
    else:
        picture.save(out, kind)
    return out.getvalue()


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font_directory() / "NotoSansSC-Regular.otf"), size)
