"""The marks of the face: state shapes, line icons and seal characters, as SVG and signs of our own."""

from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe

#: The eight shapes of a state, told apart at 11 px and without colour; risk classes reuse them.
SHAPES = {
    "go": '<circle cx="6" cy="6" r="4.5"/>',
    "now": '<circle class="o" cx="6" cy="6" r="4.5"/><path d="M6 1.5a4.5 4.5 0 0 1 0 9z"/>',
    "off": '<circle class="o" cx="6" cy="6" r="4.5"/>',
    "wait": '<path d="M6 1.2 11 10.5H1z"/>',
    "pledge": '<path d="M6 .8 11.2 6 6 11.2.8 6z"/>',
    "hold": '<path d="M2 1.5h2.6v9H2zM7.4 1.5H10v9H7.4z"/>',
    "stop": '<path d="M4 1h4l3 3v4l-3 3H4L1 8V4z"/>',
    "ended": '<path class="o" d="M2 2l8 8M10 2l-8 8" stroke-width="2"/>',
    "square": '<path d="M1.5 1.5h9v9h-9z"/>',
}
RISK = {"k-1": "go", "k-2": "wait", "k-3": "pledge", "k-4": "square", "k-5": "ended"}

ICONS = {
    "search": "M7 12.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM11 11l4 4",
    "menu": "M2 4h12M2 8h12M2 12h12",
    "bell": "M3 12h10l-1.2-2V7a3.8 3.8 0 0 0-7.6 0v3L3 12ZM6.5 14.5h3",
    "people": "M6 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM1.5 14c0-2.5 2-4.5 4.5-4.5s4.5 2 4.5 4.5"
    "M11 3.2a2.5 2.5 0 0 1 0 4.6M12 9.8c1.5.6 2.5 2.2 2.5 4.2",
    "close": "M3 3l10 10M13 3 3 13",
    "plus": "M8 2.5v11M2.5 8h11",
    "download": "M8 2v8.5M4 7l4 4 4-4M2.5 14h11",
    "upload": "M8 11V2.5M4 6l4-4 4 4M2.5 14h11",
    "file": "M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3",
    "list": "M5 4h9M5 8h9M5 12h9M2 4h.5M2 8h.5M2 12h.5",
    "columns": "M2 2.5h12v11H2zM6.5 2.5v11M10.5 2.5v11",
    "home": "M2 7.5 8 2l6 5.5V14H2zM6.5 14v-4h3v4",
    "bank": "M1.5 6 8 2l6.5 4zM3 6.5V12M6.3 6.5V12M9.7 6.5V12M13 6.5V12M1.5 13.5h13",
    "calendar": "M2 3.5h12v10.5H2zM2 7h12M5 2v3M11 2v3",
    "clock": "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM8 4v4.2l2.8 1.8",
    "eye": "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
    "message": "M2 2.5h12v8.5H7l-3.5 3V11H2z",
    "scales": "M8 2v12M4 14h8M2 5h12M2 5l-1 5h4zM14 5l1 5h-4z",
    "chart": "M2 2v12h12M5 11V8M8 11V4M11 11V6.5",
    "swap": "M2 5h11M10 2l3 3-3 3M14 11H3M6 8l-3 3 3 3",
    "key": "M9.5 9.5a4 4 0 1 0-3-3L1.5 11.5V14H4l.8-.8V12H6l1-1v-1.2ZM11 5h.01",
    "allowed": "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM5 8.2l2.2 2.2L11 6",
    "conditional": "M8 1.8 15 14H1zM8 6v4M8 12v.3",
    "blocked": "M5.3 1.5h5.4l3.8 3.8v5.4l-3.8 3.8H5.3l-3.8-3.8V5.3zM4.5 8h7",
    "left": "M10 3 5 8l5 5",
    "right": "M6 3l5 5-5 5",
    "edit": "M2.5 13.5v-3l8-8 3 3-8 8zM9 4l3 3",
}
SEALS = {"verified": "验", "signed": "签", "sealed": "印", "registered": "登", "recorded": "备"}


@lru_cache(maxsize=64)
def shape(state: str) -> SafeString:
    """The shape of a state or risk class as SVG, hidden from readers. Raises KeyError for a state the face lacks."""
    path = SHAPES[RISK.get(state, state)]
    return mark_safe(f'<svg viewBox="0 0 12 12" aria-hidden="true">{path}</svg>')  # noqa: S308 - own constants
