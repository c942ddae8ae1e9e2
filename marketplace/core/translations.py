"""The catalogues of sentences: compiling them, and finding what is not translated.

Sentences are English in code and templates; each room under `locale/` holds the Chinese for its part. Compiled files
are build products. The finder reads the sources the way Django's own extractor does, without the gettext programs.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polib
from django.utils.translation.template import templatize

FUNCTIONS = {
    "gettext": 1,
    "gettext_lazy": 1,
    "gettext_noop": 1,
    "_": 1,
    "ngettext": 2,
    "ngettext_lazy": 2,
    "pgettext": 1,
    "npgettext": 2,
}


@dataclass(frozen=True)
class Sentence:
    """A sentence found in a source, with its context ("" for none)."""

    text: str
    context: str
    path: str


def compile_room(source: Path) -> bool:
    """Compile one .po beside itself when it is newer than its .mo; returns whether it did."""
    target = source.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
        return False
    catalogue = polib.pofile(str(source))
    partial = target.with_suffix(".mo.part")
    catalogue.save_as_mofile(str(partial))
    partial.replace(target)
    return True


def catalogues(root: Path) -> list[Path]:
    return sorted(root.glob("*/*/LC_MESSAGES/django.po"))


def translated(root: Path) -> dict[tuple[str, str], str]:
    """Every (context, sentence) with its Chinese, over all rooms."""
    found: dict[tuple[str, str], str] = {}
    for path in catalogues(root):
        for entry in polib.pofile(str(path)):
            words = entry.msgstr or (entry.msgstr_plural or {}).get(0, "")
            if words and "fuzzy" not in entry.flags and not entry.obsolete:
                found[entry.msgctxt or "", entry.msgid] = words
    return found


def conflicting(root: Path) -> dict[tuple[str, str], dict[str, str]]:
    """Sentences that rooms translate differently, with room → words. Django would let the last room win everywhere."""
    seen: dict[tuple[str, str], dict[str, str]] = {}
    for path in catalogues(root):
        for entry in polib.pofile(str(path)):
            words = entry.msgstr or (entry.msgstr_plural or {}).get(0, "")
            if words and not entry.obsolete:
                seen.setdefault((entry.msgctxt or "", entry.msgid), {})[path.parts[-4]] = words
    return {key: rooms for key, rooms in seen.items() if len(set(rooms.values())) > 1}


def sentences(roots: list[Path], base: Path) -> Iterator[Sentence]:
    """Every translatable sentence in the Python files and templates under `roots`."""
    for root in roots:
        for path in sorted(root.rglob("*")):
            if "migrations" in path.parts or not path.is_file():
                continue
            name = str(path.relative_to(base))
            if path.suffix == ".py":
                yield from _in_python(path.read_text(encoding="utf-8"), name)
            elif path.suffix in {".html", ".txt"}:
                source = path.read_text(encoding="utf-8")
                yield from _in_python(_runnable(templatize(source, origin=name)), name)


def _runnable(templatized: str) -> str:
    """Keep only the gettext calls of templatize's output: the rest of it is not Python."""
    calls = io.StringIO()
    for marker in ("gettext(u", "ngettext(u", "pgettext(u", "npgettext(u"):
        if marker in templatized:
            break
    else:
        return ""
    index = 0
    while True:
        starts = [templatized.find(f" {name}(", index) for name in ("gettext", "ngettext", "pgettext", "npgettext")]
        starts = [start for start in starts if start >= 0]
        if not starts:
            return calls.getvalue()
        start = min(starts) + 1
        depth, end, quote = 0, start, ""
        while end < len(templatized):
            char = templatized[end]
            if quote:
                if char == "\\":
                    end += 1
                elif templatized.startswith(quote, end):
                    end += len(quote) - 1
                    quote = ""
            elif char in "'\"":
                quote = char * 3 if templatized.startswith(char * 3, end) else char
                end += len(quote) - 1
            elif char == "(":
                depth += 1
            elif char == ")":
                depth -= 1
                if depth == 0:
                    break
            end += 1
        calls.write(templatized[start : end + 1].replace("\n", "\\n") + "\n")
        index = end


def _in_python(source: str, name: str) -> Iterator[Sentence]:
    tree = ast.parse(source, filename=name)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if function not in FUNCTIONS:
            continue
        words = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        context = words.pop(0) if function.startswith(("pgettext", "npgettext")) and words else ""
        if words and words[0]:
            yield Sentence(words[0], context, name)
