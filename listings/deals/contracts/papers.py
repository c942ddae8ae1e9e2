"""A contract's data turned into a paper: the clauses of its kind in their order, title, parties and notes.

Model texts. They are written to be read and to hold what the law asks for; whoever uses them has them checked by
counsel, and the paper itself says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from listings.deals.contracts import writing
from listings.deals.contracts.clauses import assignment, ending, licence, money, opening, rights
from listings.deals.contracts.particulars import LICENCES, ContractKind, ContractTerms, Side
from listings.rights.ruling import enforces
from marketplace.signing import registry
from marketplace.signing.paper import Clause, Language, Paper, PartyLine

Section = Callable[[ContractTerms, Language], Clause | None]

LICENCE_SECTIONS: tuple[Section, ...] = (
    rights.the_rights,
    licence.grant,
    licence.sublicence,
    money.price,
    money.holding,
    licence.technology,
    licence.upkeep,
    rights.warranty,
    rights.pledge,
    rights.invalidity,
    rights.improvements,
    licence.standing,
    licence.recordal,
    rights.abroad,
    ending.secrecy,
    money.breach,
    ending.conditions,
    ending.disputes,
    ending.signature,
)
SECTIONS: dict[str, tuple[Section, ...]] = {
    ContractKind.ASSIGNMENT: (
        rights.the_rights,
        assignment.passing,
        money.price,
        money.holding,
        assignment.upkeep,
        assignment.handover,
        rights.warranty,
        rights.pledge,
        rights.inventors,
        rights.invalidity,
        rights.improvements,
        rights.abroad,
        ending.secrecy,
        money.breach,
        ending.conditions,
        ending.disputes,
        ending.signature,
    ),
    **dict.fromkeys(sorted(LICENCES), LICENCE_SECTIONS),
    ContractKind.OPEN: (
        rights.the_rights,
        opening.taking,
        opening.scope,
        money.price,
        money.holding,
        rights.pledge,
        rights.invalidity,
        rights.improvements,
        opening.recordal,
        rights.abroad,
        ending.conditions,
        ending.signature,
    ),
}
#: What the law wants in every contract of the kind, and the test asks of each.
REQUIRED: dict[str, frozenset[str]] = {
    ContractKind.ASSIGNMENT: frozenset(
        {
            "LIC-CONTENT", "LIC-PAYMENT", "LIC-WARRANTY", "LIC-IMPROVE", "LIC-NO-RESTRICT", "PAT-ASSIGN-WRITTEN",
            "PAT-ASSIGN-REG", "PAT-INVALID-RETRO", "PLG-NO-TRANSFER", "ES-RELIABLE",
        }
    ),
    **{
        kind: frozenset(
            {
                "LIC-CONTENT", "LIC-PAYMENT", "LIC-WARRANTY", "LIC-IMPROVE", "LIC-NO-RESTRICT", "LIC-TERM",
                "LIC-NO-SUB", "LIC-KEEP-ALIVE", "LIC-COMPAT", "LIC-DEFAULT-TYPE", "LIC-STANDING", "LIC-RECORD-3M",
                "LIC-REFUSE-03", "PAT-INVALID-RETRO", "PLG-NO-TRANSFER", "ES-RELIABLE",
            }
        )
        for kind in sorted(LICENCES)
    },
    ContractKind.OPEN: frozenset(
        {
            "LIC-CONTENT", "LIC-PAYMENT", "OL-FORM", "OL-NO-EXCL", "OL-WITHDRAW", "OL-RECORD", "LIC-TERM", "LIC-NO-SUB",
            "PAT-INVALID-RETRO", "PLG-NO-TRANSFER", "ES-RELIABLE",
        }
    ),
}  # fmt: skip
NOTES = {
    "zh": (
        "示范文本：由平台提供，不构成法律意见，签署前应当交律师审核。",
        "价款由平台存管并按约定放款；平台不是本合同当事人。",
    ),
    "en": (
        "Model text: offered by the platform, no legal advice. Have it checked by counsel before signing.",
        "The platform holds the price and pays it out as agreed; it is no party to this contract.",
    ),
}
LABELS = {
    "zh": ("统一社会信用代码", "地址", "法定代表人", "国家或地区"),
    "en": ("Credit code", "Address", "Legal representative", "Country"),
}


def title(terms: ContractTerms, language: Language) -> str:
    """The contract's name; what is only applied for is never called a patent (Implementing Rules 101)."""
    zh = language == "zh"
    if terms.kind == ContractKind.ASSIGNMENT:
        if terms.all_granted:
            return "专利权转让合同" if zh else "Patent assignment contract"
        if terms.none_granted:
            return "专利申请权转让合同" if zh else "Patent application assignment contract"
        return "专利权及专利申请权转让合同" if zh else "Contract assigning patents and patent applications"
    if terms.kind == ContractKind.OPEN:
        return "专利开放许可实施通知" if zh else "Notice of taking an open patent licence"
    kinds = {
        ContractKind.EXCLUSIVE: ("独占许可", "exclusive licence"),
        ContractKind.SOLE: ("排他许可", "sole licence"),
        ContractKind.ORDINARY: ("普通许可", "ordinary licence"),
    }
    kind = kinds[ContractKind(terms.kind)][0 if zh else 1]
    what = (
        ("专利" if terms.all_granted else "专利申请" if terms.none_granted else "专利及专利申请")
        if zh
        else (
            "Patent" if terms.all_granted else "Patent application" if terms.none_granted else "Patent and application"
        )
    )
    return f"{what}实施许可合同（{kind}）" if zh else f"{what} licence contract ({kind})"


def paper(terms: ContractTerms, language: Language) -> Paper:
    """The whole contract in one language."""
    zh = language == "zh"
    holder, taker = rights.names(terms, language)
    made = [clause for clause in (section(terms, language) for section in SECTIONS[terms.kind]) if clause is not None]
    on = writing.day(terms.agreed_on, language)
    if zh:
        preamble = (
            f"双方于{on}在平台上就交易 {terms.number} 达成一致，"
            "依照《中华人民共和国民法典》《中华人民共和国专利法》及其实施细则，订立本合同。"
        )
    else:
        preamble = (
            f"The parties agreed on deal {terms.number} on the platform on {on}, and make this contract under the "
            "Civil Code and the Patent Law of the People’s Republic of China with its Implementing Rules."
        )
    return Paper(
        title=title(terms, language),
        parties=(
            _line(terms.holder, holder.removeprefix("the "), language),
            _line(terms.taker, taker.removeprefix("the "), language),
        ),
        preamble=(preamble,),
        clauses=tuple(made),
        notes=NOTES[language],
    )


def _line(side: Side, capacity: str, language: Language) -> PartyLine:
    code, place, head, country = LABELS[language]
    colon = "：" if language == "zh" else ": "
    lines = [f"{code}{colon}{side.code}"] if side.code else []
    lines.append(f"{place}{colon}{writing.address(side, language)}")
    if side.representative:
        lines.append(f"{head}{colon}{side.representative}")
    if side.is_abroad:
        lines.append(f"{country}{colon}{side.country}")
    return PartyLine(capacity, writing.name(side, language), tuple(lines))


def build(data: dict[str, Any], language: Language) -> Paper:
    """What the signing floor calls: terms as data in, paper out."""
    return paper(ContractTerms.from_data(data), language)


def template_of(kind: str) -> str:
    """The name a kind of contract is registered under."""
    return f"deals.{kind}"


@enforces("PAT-ASSIGN-WRITTEN", "LIC-CONTENT", "LIC-NO-RESTRICT", "PLG-NO-FORFEIT", "LIC-WARRANTY", "LIC-IMPROVE")
def register_templates() -> None:
    """Make the kinds of contract known to the signing floor. Called once the app is ready."""
    for kind in ContractKind:
        registry.template(template_of(kind), kind.label, build)
