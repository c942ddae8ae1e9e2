"""What every page is held to, whoever opens it: language, headings, width, words, keyboard, and the rules axe knows."""

from __future__ import annotations

import re
from functools import cache

import polib
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.browser import scrolls_sideways
from tests.browser.site import ROOT

LANGS = {"zh": "zh-CN", "en": "en"}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AXE_OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": WCAG},
    "rules": {"target-size": {"enabled": True}},
}
FOCUS_SHOWN = """() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
  const rings = of => of.outlineStyle !== 'none' && parseFloat(of.outlineWidth) >= 2;
  // A field inside a bar may leave the ring to the bar.
  const ringed = rings(style) || rings(getComputedStyle(one.parentElement));
  const inside = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight
    && box.right > 0 && box.left < innerWidth;
  return {name: one.tagName + '.' + one.className + ' ' + one.innerText?.slice(0, 30), body: one === document.body,
          skip: one.classList.contains('skip'), ringed, inside};
}"""
ENGLISH_LABELS = """() => [...document.querySelectorAll('label, legend, th, dt, button, .btn, nav a, summary, h2')]
  .filter(one => !one.closest('[lang=en]') && !one.querySelector('[lang=en], input, select, textarea'))
  .map(one => one.innerText.split('\\n')[0].trim())
  .filter(text => /^[A-Z][a-z]{2,}( [a-z]+)*( 选填)?$/.test(text))"""
"""Words of the page's own furniture that stand in English only: a first letter in capitals, the rest small."""
TABS = 14


@cache
def known_sentences(language: str) -> tuple[str, ...]:
    """Sentences of ours in the other language, long enough to be no name or abbreviation: not for this page."""
    found = set()
    for room in sorted((ROOT / "locale").glob("*/zh_Hans/LC_MESSAGES/django.po")):
        for entry in polib.pofile(str(room)):
            ours, theirs = (entry.msgid, entry.msgstr) if language == "zh" else (entry.msgstr, entry.msgid)
            long_enough = len(ours.split()) >= 3 if language == "zh" else len(re.findall(r"[\u4e00-\u9fff]", ours)) >= 5
            is_name = ours.endswith("有限公司")
            if theirs and ours != theirs and "%" not in ours and long_enough and not is_name:
                found.add(" ".join(ours.split()))
    return tuple(sorted(found))


def faults_of(page: Page, language: str, *, is_translated: bool = True) -> list[str]:
    """What a page owes whatever it is about; empty when it keeps all of it."""
    faults = []
    if not page.title().strip():
        faults.append("no title")
    lang = page.locator("html").get_attribute("lang")
    if is_translated and lang != LANGS[language]:
        faults.append(f"lang is {lang}")
    heads = page.locator("h1").count()
    if is_translated and heads != 1:
        faults.append(f"{heads} first-level headings")
    if scrolls_sideways(page):
        faults.append(f"scrolls sideways: {widest(page)}")
    if is_translated:
        shown = " ".join(page.locator("body").inner_text().split())
        faults += [f"not in this language: {one}" for one in known_sentences(language) if one in shown]
    if is_translated and language == "zh":
        faults += [f"a label in English: {one}" for one in page.evaluate(ENGLISH_LABELS)]
    return faults


def widest(page: Page) -> list[str]:
    """Names of the elements that stick out of the page on the right, for the message."""
    return page.evaluate(  # type: ignore[no-any-return]
        """() => [...document.querySelectorAll('body *')].filter(one => {
             const box = one.getBoundingClientRect();
             return box.width && box.right > document.documentElement.clientWidth + 1
           }).slice(0, 4).map(one => one.tagName + '.' + one.className)"""
    )


def axe_faults(page: Page) -> list[str]:
    """Violations of WCAG 2.2 AA that axe finds, each with where."""
    found = Axe().run(page, options=AXE_OPTIONS)
    return [
        f"{rule['id']}: {node['target']} {node['html'][:160]} {_contrast(node)}"
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]


def _contrast(node: dict[str, object]) -> str:
    for check in node["any"]:  # type: ignore[attr-defined]
        data = check.get("data") or {}
        if isinstance(data, dict) and "contrastRatio" in data:
            return f"{data.get('fgColor', '')} on {data.get('bgColor', '')}: {data['contrastRatio']}"
    return ""


def keyboard_faults(page: Page) -> list[str]:
    """Tab goes to the skip link first, and wherever it goes the place is in sight and ringed."""
    faults = []
    is_placed = page.evaluate("document.activeElement !== document.body")
    for step in range(TABS):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUS_SHOWN)
        if at["body"]:
            break
        if step == 0 and not is_placed and page.locator("a.skip").count() and not at["skip"]:
            faults.append(f"first stop is {at['name']}, not the skip link")
        if not at["ringed"]:
            faults.append(f"no focus ring: {at['name']}")
        if not at["inside"]:
            faults.append(f"focus out of sight: {at['name']}")
    return faults
