"""The style sheets keep the promises of the look: one home for colours, equal dark sets, measured contrast."""

import re
from pathlib import Path

import pytest

SHEETS = Path(__file__).parents[2] / "static" / "css"
TOKENS = (SHEETS / "tokens.css").read_text()
COLOUR = re.compile(r"#[0-9A-Fa-f]{3,8}\b(?![^{}]*\{)|\brgba?\(|\bhsla?\(")


def tokens(after: str) -> dict[str, str]:
    body = TOKENS.split(after, 1)[1].split("}", 1)[0]
    return dict(re.findall(r"(--[\w-]+):\s*([^;]+);", body))


LIGHT = tokens(":root {")
DARK = tokens(':root[data-theme="dark"] {')
DEVICE = tokens(":root:not([data-theme]) {")


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_dark_set_is_the_same_by_choice_and_by_device():
    assert DARK == DEVICE
    assert {name for name, value in LIGHT.items() if value.startswith("#")} - set(DARK) == {"--qr-ground", "--qr-ink"}


@pytest.mark.parametrize("sheet", sorted(path.name for path in SHEETS.glob("*.css") if path.name != "tokens.css"))
def test_no_colour_literal_stands_outside_the_tokens(sheet):
    found = [line for line in (SHEETS / sheet).read_text().splitlines() if re.search(COLOUR, line)]
    assert found == []


@pytest.mark.parametrize("sheet", sorted(path.name for path in SHEETS.glob("*.css")))
def test_every_token_used_is_defined_and_braces_close(sheet):
    text = (SHEETS / sheet).read_text()
    assert set(re.findall(r"var\((--[\w-]+)", text)) <= set(LIGHT)
    assert text.count("{") == text.count("}")
    assert "url(" not in text


TEXT = (
    "--ink",
    "--ink-2",
    "--ink-3",
    "--brand",
    "--link",
    "--seal",
    "--go",
    "--wait",
    "--stop",
    "--hold",
    "--d-pledge",
)
SOFT = ("--brand", "--seal", "--go", "--wait", "--stop", "--hold")


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
class TestContrast:
    """WCAG 2.2: 4.5 for text, 3 for controls and graphics."""

    @pytest.mark.parametrize("ground", ["--paper", "--surface", "--inset"])
    @pytest.mark.parametrize("name", TEXT)
    def test_text_reads_on_every_ground(self, theme, name, ground):
        assert contrast(theme[name], theme[ground]) >= 4.5

    @pytest.mark.parametrize("name", SOFT)
    def test_a_colour_reads_on_its_own_soft_ground(self, theme, name):
        assert contrast(theme[name], theme[f"{name}-soft"]) >= 4.5

    @pytest.mark.parametrize("ground", ["--brand-soft", "--wait-soft", "--stop-soft"])
    @pytest.mark.parametrize("name", ["--ink", "--ink-2"])
    def test_text_reads_on_marked_grounds(self, theme, name, ground):
        assert contrast(theme[name], theme[ground]) >= 4.5

    def test_button_words_read(self, theme):
        assert contrast(theme["--brand-on"], theme["--brand"]) >= 4.5
        assert contrast(theme["--brand-on"], theme["--brand-strong"]) >= 4.5
        assert contrast(theme["--seal-on"], theme["--seal"]) >= 4.5
        assert contrast(theme["--seal-on"], theme["--seal-strong"]) >= 4.5

    def test_controls_and_bars_are_seen(self, theme):
        for name in ("--control", "--focus"):
            assert contrast(theme[name], theme["--surface"]) >= 3
            assert contrast(theme[name], theme["--paper"]) >= 3
        for name in ("--d-own", "--d-lic", "--d-pledge", "--d-freeze", "--d-core", "--d-mute"):
            assert contrast(theme[name], theme["--surface"]) >= 3
        for name in ("--d-own", "--d-lic", "--d-pledge", "--d-freeze"):
            assert contrast(theme["--d-on"], theme[name]) >= 4.5
