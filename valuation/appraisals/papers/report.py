"""An appraisal report set from its twin: nothing stands in the PDF that does not stand in the twin.

The parts follow the order in which asset appraisal reports are read in China (cover, statement, summary, fourteen
parts, annexes); what each must state is taken from the Appraisal Law, articles 25 to 32, and the guideline on patent
asset appraisal of 2017.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from listings.deals.contracts.writing import percent
from listings.rights.ruling import enforces
from marketplace.core.formats import chinese_numeral
from marketplace.signing import registry
from marketplace.signing.paper import Language, Paper
from valuation.appraisals import rubrics
from valuation.appraisals.papers import TEMPLATE, words
from valuation.appraisals.papers.blocks import Block, ReportPaper, bars, heading, note, paragraph, table
from valuation.appraisals.papers.methods import methods_part
from valuation.appraisals.papers.saying import listed, money, say_day, spelled
from valuation.appraisals.papers.words import say, text

DAYS_TO_SIGN = 14
Twin = Mapping[str, Any]


def register_template() -> None:
    """Make the report known to the signing floor."""
    registry.template(TEMPLATE, _("Appraisal report"), build, days_to_sign=DAYS_TO_SIGN, layout="report")


@enforces("APR-TWO", "APR-METHODS", "APR-VALID")
def build(data: dict[str, Any], language: Language) -> Paper:
    """The report in one language, from {"twin", "twin_sha256"}."""
    twin = data["twin"]
    title = text("title", language, object=object_of(twin, language))
    parts = [*_parts(twin, language)]
    numbered: list[Block] = []
    for at, (name, blocks) in enumerate(parts, start=1):
        numbered.append(heading(1, _number(at, language) + name))
        numbered += blocks
    return ReportPaper(
        title=title,
        notes=tuple(_notes(twin, language)),
        body={
            "agency": _name(twin["agency"], language),
            "report_number": twin["number"],
            "cover": {
                "kind": text("kind", language),
                "rows": _cover(twin, language),
                "date": say_day(twin["report_date"], language),
            },
            "contents": text("contents", language),
            "blocks": [*_opening(twin, language), *numbered],
            "signing_heading": _number(len(parts) + 1, language) + text("s_signing", language),
            "people": [
                f"{one['name']}（{one['certificate']}）"
                if language == "zh"
                else f"{one['name']} ({one['certificate']})"
                for one in twin["signers"]
            ],
            "parts": _annexes(twin, data["twin_sha256"], language),
        },
    )


# ── small things ─────────────────────────────────────────────────────────────────────────────────────────────────────
def object_of(twin: Twin, language: Language) -> str:
    """What is valued, as the title names it; an application is called one."""
    first, rights = twin["rights"][0], twin["rights"]
    name = _title(first, language)
    if len(rights) > 1:
        return text("object_many", language, title=name, count=len(rights))
    return text("object_one" if first["is_granted"] else "object_one_pending", language, title=name)


def _number(at: int, language: Language) -> str:
    if language == "en":
        return f"{at}.  "
    return f"{chinese_numeral(at)}、"


def _title(right: Mapping[str, Any], language: Language) -> str:
    first, second = (right["title_zh"], right["title_en"])
    return str((first or second) if language == "zh" else (second or first))


def _name(party: Mapping[str, Any], language: Language) -> str:
    return str(party[f"name_{language}"])


def _words_of(twin: Twin, section: str, language: Language) -> str:
    found = twin["texts"].get(section) or {}
    return str(found.get(language) or found.get("zh" if language == "en" else "en") or "—")


def _users(twin: Twin, language: Language) -> str:
    named = [_name(one, language) for one in twin["users"]] + [twin["other_users"]]
    return ("；" if language == "zh" else "; ").join(one for one in (*named, text("users_by_law", language)) if one)


def _span(twin: Twin, language: Language, key: str) -> str:
    return text(
        key, language, **{"from": say_day(twin["base_date"], language), "to": say_day(twin["valid_until"], language)}
    )


def _methods(twin: Twin, language: Language) -> str:
    return ("；" if language == "zh" else "; ").join(
        say(words.METHOD, one["method"], language) for one in twin["methods"]
    )


def _notes(twin: Twin, language: Language) -> Iterator[str]:
    if twin["is_statutory"]:
        yield text("statutory", language)
    if twin["engaged_elsewhere"]:
        yield text("elsewhere", language)


# ── cover, statement, summary ────────────────────────────────────────────────────────────────────────────────────────
def _cover(twin: Twin, language: Language) -> list[list[str]]:
    return [
        [text("client", language), _name(twin["client"], language)],
        [text("purpose", language), say(words.PURPOSE, twin["purpose"], language)],
        [text("base_date", language), say_day(twin["base_date"], language)],
        [text("valid", language), _span(twin, language, "valid_span")],
    ]


def _opening(twin: Twin, language: Language) -> list[Block]:
    currency, conclusion = twin["currency"], twin["conclusion"]
    rows = [
        (text("number", language), twin["number"]),
        (text("agency", language), _name(twin["agency"], language)),
        (text("client", language), _name(twin["client"], language)),
        (text("users", language), _users(twin, language)),
        (text("purpose", language), say(words.PURPOSE, twin["purpose"], language)),
        (text("object", language), object_of(twin, language)),
        (text("value_type", language), say(words.VALUE_TYPE_SHORT, twin["value_type"], language)),
        (text("base_date", language), say_day(twin["base_date"], language)),
        (text("methods", language), _methods(twin, language)),
        (text("range", language), _range(twin, language)),
        (text("valid", language), _span(twin, language, "valid_span")),
    ]
    return [
        heading(1, text("statement", language)),
        paragraph(text("statement_text", language)),
        {"t": "page"},
        heading(1, text("summary", language)),
        note(text("summary_note", language) + (f" {text('written', language)}" if language == "en" else "")),
        table((), [list(row) for row in rows], widths=(1, 3)),
        {
            "t": "conclusion",
            "label": text(
                "conclusion_label",
                language,
                day=say_day(twin["base_date"], language),
                type=say(words.VALUE_TYPE_SHORT, twin["value_type"], language),
            ),
            "amount": money(conclusion["amount"], currency, language),
            "words": spelled(conclusion["amount"], currency, language),
            "note": text("range_note", language, **_ends(twin, language)),
        },
        {"t": "page"},
    ]


def _ends(twin: Twin, language: Language) -> dict[str, str]:
    return {name: money(twin["conclusion"][name], twin["currency"], language) for name in ("low", "high")}


def _range(twin: Twin, language: Language) -> str:
    ends = _ends(twin, language)
    return f"{ends['low']} {'至' if language == 'zh' else 'to'} {ends['high']}"


# ── the parts ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _parts(twin: Twin, language: Language) -> Iterator[tuple[str, list[Block]]]:
    def words_of(section: str) -> list[Block]:
        return [paragraph(_words_of(twin, section, language))]

    purpose = say(words.PURPOSE, twin["purpose"], language)
    yield text("s_client", language), _clients(twin, language)
    yield text("purpose", language), [paragraph(text("use_scope", language, purpose=purpose))]
    yield text("s_object", language), _object(twin, language)
    yield text("value_type", language), [paragraph(say(words.VALUE_TYPE, twin["value_type"], language))]
    yield text("base_date", language), [paragraph(say_day(twin["base_date"], language))]
    yield text("s_basis", language), words_of("basis")
    yield text("s_methods", language), methods_part(twin, language)
    visited = (
        [paragraph(text("visited", language, day=say_day(twin["visited_on"], language)))] if twin["visited_on"] else []
    )
    yield text("s_process", language), [*words_of("process"), *visited]
    yield text("s_assumptions", language), words_of("assumptions")
    yield text("conclusion", language), _conclusion(twin, language)
    yield text("s_notices", language), words_of("notices")
    yield (
        text("s_restrictions", language),
        [
            *words_of("restrictions"),
            paragraph(text("use_scope", language, purpose=purpose)),
            paragraph(_span(twin, language, "use_until")),
        ],
    )
    yield (
        text("s_date", language),
        [paragraph(text("report_date", language, day=say_day(twin["report_date"], language)))],
    )


def _clients(twin: Twin, language: Language) -> list[Block]:
    def facts(party: Mapping[str, Any]) -> list[list[str]]:
        return [
            [text("code", language), party["code"] or "—"],
            [text("representative", language), party["legal_representative"] or "—"],
            [text("address", language), party[f"address_{language}"] or party["address_zh"] or "—"],
        ]

    return [
        table((), [[text("client", language), _name(twin["client"], language)], *facts(twin["client"])], widths=(1, 3)),
        table((), [[text("users", language), _users(twin, language)]], widths=(1, 3)),
        table(
            (),
            [
                [text("agency", language), _name(twin["agency"], language)],
                *facts(twin["agency"]),
                [text("filing", language), f"{twin['agency']['filing_number']} {twin['agency']['filed_with']}"],
            ],
            widths=(1, 3),
        ),
    ]


def _object(twin: Twin, language: Language) -> list[Block]:
    rights = twin["rights"]
    keys = ("h_number", "h_title", "h_kind", "h_owner", "h_status", "h_claims")
    rows = [
        [
            one["number"],
            _title(one, language),
            say(words.KIND, one["kind"], language),
            listed([_owner(owner, language) for owner in one["owners"]], language) or "—",
            say(words.STATUS, one["status"], language),
            one["claims"] or text("h_whole", language),
        ]
        for one in rights
    ]
    dates = [
        [
            one["number"],
            *(say_day(one[name], language) for name in ("filed_on", "granted_on", "expires_on")),
            _annuity(one, language),
        ]
        for one in rights
    ]
    heads = [text(key, language) for key in ("h_number", "h_filed", "h_granted", "h_expires", "h_annuity")]
    count = text("single", language) if len(rights) == 1 else text("bundle", language, count=len(rights))
    return [
        paragraph(count),
        table([text(key, language) for key in keys], rows, widths=(2.3, 2.6, 1.3, 2, 1.1, 1.3)),
        table(heads, dates, widths=(1.3, 1.2, 1.2, 1.2, 1.5)),
        heading(2, text("s_legal", language)),
        paragraph(_words_of(twin, "legal", language)),
        *_entries(twin, language),
        heading(2, text("s_technical", language)),
        paragraph(_words_of(twin, "technical", language)),
        heading(2, text("s_economic", language)),
        paragraph(_words_of(twin, "economic", language)),
        paragraph(text("life", language, day=say_day(twin["economic_life_ends_on"], language))),
    ]


def _annuity(right: Mapping[str, Any], language: Language) -> str:
    """Up to which year annuities were paid on the base date, and when the next falls due."""
    paid = right["annuity"]
    if paid is None:
        return text("no_annuity", language)
    return text("annuity", language, year=paid["year"], next=say_day(paid["next_on"], language))


def _owner(owner: Mapping[str, Any], language: Language) -> str:
    name = owner["name"] if language == "zh" else owner["name_en"] or owner["name"]
    return f"{name} {owner['share']}".strip()


def _entries(twin: Twin, language: Language) -> list[Block]:
    rows = []
    for right in twin["rights"]:
        for one in right["entries"]:
            kind = say(words.ENTRY_KIND, one["kind"], language)
            sort = say(words.LICENCE_TYPE, one["type"], language) if one["type"] else ""
            until = say_day(one["until"], language) if one["until"] else text("open_end", language)
            named = one[f"party_{language}"] or "—"
            rows.append(
                [
                    right["number"],
                    f"{sort}{'' if language == 'zh' else ' '}{kind}".strip(),
                    named,
                    f"{say_day(one['from'], language)} – {until}",
                ]
            )
    if not rows:
        return [paragraph(text("no_entries", language))]
    heads = [text(key, language) for key in ("h_right", "h_entry", "h_party", "h_span")]
    return [table(heads, rows, caption=text("entries", language), widths=(1.6, 1.2, 2, 2))]


def _conclusion(twin: Twin, language: Language) -> list[Block]:
    currency, conclusion = twin["currency"], twin["conclusion"]
    rows = [
        [
            say(words.METHOD, one["method"], language),
            percent(Decimal(one["weight_pct"])),
            f"{Decimal(one['value']):,.2f}",
        ]
        for one in twin["methods"]
    ]
    heads = [text("h_method", language), text("h_weight", language), text("h_result", language, currency=currency)]
    drawn = [
        (
            say(words.METHOD_SHORT, one["method"], language),
            Decimal(0),
            Decimal(one["value"]),
            f"{Decimal(one['value']):,.0f}",
            False,
        )
        for one in twin["methods"]
    ]
    amount = Decimal(conclusion["amount"])
    drawn.append((text("conclusion", language), Decimal(0), amount, f"{amount:,.0f}", True))
    return [
        heading(2, text("side_by_side", language)),
        table(heads, rows, widths=(3, 0.8, 1.6), right=(1, 2)),
        bars(drawn),
        heading(2, text("reasoning", language)),
        paragraph(text("conclusion_rule", language, unit=f"{conclusion['unit']:,}")),
        paragraph(_words_of(twin, "reason", language)),
        {
            "t": "conclusion",
            "label": text(
                "conclusion_label",
                language,
                day=say_day(twin["base_date"], language),
                type=say(words.VALUE_TYPE_SHORT, twin["value_type"], language),
            ),
            "amount": money(conclusion["amount"], currency, language),
            "words": spelled(conclusion["amount"], currency, language),
            "note": text("range_note", language, **_ends(twin, language)),
        },
        *_each_right(conclusion.get("parts", []), currency, language),
    ]


def _each_right(parts: list[dict[str, str]], currency: str, language: Language) -> list[Block]:
    """Where several rights are valued: the own value of each, and what of the conclusion falls to it."""
    if not parts:
        return []
    rows = [
        [one["number"], one["category"], f"{Decimal(one['value']):,.2f}", f"{Decimal(one['part']):,.2f}"]
        for one in parts
    ]
    heads = [
        text("h_right", language),
        text("h_category", language),
        text("h_own_value", language, currency=currency),
        text("h_part", language, currency=currency),
    ]
    return [heading(2, text("parts", language)), table(heads, rows, widths=(2, 1.4, 1.6, 1.6), right=(2, 3))]


# ── annexes ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _annexes(twin: Twin, digest: str, language: Language) -> list[dict[str, Any]]:
    made = []
    if twin["scores"]:
        made.append({"heading": text("a_scores", language), "blocks": _scores(twin, language)})
    engines = sorted({one["engine"] for one in twin["methods"]})
    made.append(
        {
            "heading": text("a_twin", language),
            "blocks": [
                paragraph(text("twin_text", language)),
                note(f"{digest[:32]} {digest[32:]}"),
                paragraph(text("engine", language, engine=listed(engines, language))),
            ],
        }
    )
    made.append({"heading": text("a_documents", language), "blocks": [paragraph(text("documents_text", language))]})
    return made


def _scores(twin: Twin, language: Language) -> list[Block]:
    names = rubrics.names_of(twin["rubric"]["code"], twin["rubric"]["version"]) if twin["rubric"] else {}
    order = {code: at for at, code in enumerate(names)}
    rows = [
        [
            one["asset"],
            names.get(one["indicator"], (one["indicator"],) * 2)[0 if language == "zh" else 1],
            f"{Decimal(one['points']):f}",
            one["evidence" if language == "zh" else "evidence_en"]
            + (f" [{text('from_register', language)}]" if one["is_computed"] else ""),
        ]
        for one in sorted(twin["scores"], key=lambda one: (one["asset"], order.get(one["indicator"], len(order))))
    ]
    heads = [text(key, language) for key in ("h_right", "h_indicator", "h_points", "h_evidence")]
    made: list[Block] = []
    if twin["rubric"] and not twin["rubric"]["is_verified"]:
        made.append(note(text("scores_unverified", language)))
    return [*made, table(heads, rows, widths=(1.7, 1.6, 0.7, 3), right=(2,))]
