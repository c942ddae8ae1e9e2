"""The two contracts as papers: clauses in their order, title, parties and notes.

Model texts. They are written to be read and to hold what the law asks for; whoever uses them has them checked by
counsel, and the paper itself says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from listings.deals.contracts import writing
from listings.deals.contracts.papers import LABELS
from listings.deals.contracts.particulars import Side
from listings.rights.ruling import enforces
from loans.contracts import loan, pledge
from loans.contracts.particulars import LoanParticulars
from marketplace.signing import registry
from marketplace.signing.paper import Clause, Language, Paper, PartyLine

Section = Callable[[LoanParticulars, Language], Clause | None]
LOAN, PLEDGE = "loans.loan_contract", "loans.pledge_contract"
DAYS_TO_SIGN = 14


def making(of: LoanParticulars, language: Language) -> Clause:
    """Written form by electronic signature; disputes; which text counts."""
    said = (
        (
            "双方同意以电子方式订立本合同。由有权签字人以专有且独自控制的第二因素完成、并能发现签署后任何改动的电子签名，与手写签名或者盖章具有同等法律效力。",
            "本合同适用中华人民共和国法律。发生争议的，双方先行协商；协商不成的，可以向贷款人住所地有管辖权的人民法院提起诉讼。",
            "本合同以中文、英文两种文本签署，不一致时以中文文本为准。",
        )
        if language == "zh"
        else (
            "The parties make this contract electronically: a signature by an authorised signatory with a second "
            "factor under their "
            "sole control, after which any change can be found, has the force of one by hand or a seal.",
            "The law of the People’s Republic of China applies. The parties first talk; failing that, either may sue "
            "in the competent "
            "court at the lender’s domicile.",
            "It is signed in Chinese and English; where they differ, the Chinese text counts.",
        )
    )
    return Clause("订立与争议" if language == "zh" else "Making and disputes", said, None, ("ES-RELIABLE",))


SECTIONS: dict[str, tuple[Section, ...]] = {
    LOAN: (
        loan.rate,
        loan.amount_and_purpose,
        loan.term,
        loan.repayment,
        loan.security,
        loan.breach,
        loan.credit_data,
        loan.conditions,
        making,
    ),
    PLEDGE: (pledge.debt, pledge.rights, pledge.registration, pledge.keeping, pledge.realisation, making),
}
#: What the law wants in each, and the test asks of each.
REQUIRED: dict[str, frozenset[str]] = {
    LOAN: frozenset(
        {
            "LN-CONTRACT", "LN-APR", "LN-NO-UPFRONT", "LN-USE", "LN-PREPAY", "LN-EXTEND", "LN-PENALTY", "LN-SETTLE-DAY",
            "PLG-EXIST", "ES-RELIABLE",
        }
    ),
    PLEDGE: frozenset(
        {
            "PLG-WRITTEN", "PLG-CONTENT", "PLG-SCOPE", "PLG-EXIST", "PLG-NO-FORFEIT", "PLG-NO-TRANSFER", "PLG-REALISE",
            "PLG-SURPLUS", "ES-RELIABLE",
        }
    ),
}  # fmt: skip
TITLES = {LOAN: ("专利权质押借款合同", "Loan contract"), PLEDGE: ("专利权质押合同", "Patent pledge contract")}
CAPACITIES = {
    LOAN: (("借款人", "Borrower"), ("贷款人", "Lender")),
    PLEDGE: (("出质人（债务人）", "Pledgor and debtor"), ("质权人（债权人）", "Pledgee and creditor")),
}
NOTES = {
    "zh": ("示范文本：由平台提供，不构成法律意见，签署前应当交律师审核。", "平台不是本合同当事人。"),
    "en": (
        "Model text: offered by the platform, no legal advice. Have it checked by counsel before signing.",
        "The platform is no party to this contract.",
    ),
}


def paper(template: str, of: LoanParticulars, language: Language) -> Paper:
    """One of the two contracts in one language."""
    at = 0 if language == "zh" else 1
    first, second = CAPACITIES[template]
    on = writing.day(of.drawn_up_on, language)
    preamble = (
        f"双方根据《中华人民共和国民法典》等法律，就申请 {of.number} 于{on}订立本合同。"
        if language == "zh"
        else f"On application {of.number} the parties make this contract under the Civil Code on {on}."
    )
    made = [section(of, language) for section in SECTIONS[template]]
    return Paper(
        title=TITLES[template][at],
        parties=(_line(of.borrower, first[at], language), _line(of.bank, second[at], language)),
        preamble=(preamble,),
        clauses=tuple(one for one in made if one is not None),
        notes=NOTES[language],
    )


def _line(side: Side, capacity: str, language: Language) -> PartyLine:
    code, place, head, _country = LABELS[language]
    colon = "：" if language == "zh" else ": "
    lines = [f"{code}{colon}{side.code}"] if side.code else []
    lines.append(f"{place}{colon}{writing.address(side, language)}")
    if side.representative:
        lines.append(f"{head}{colon}{side.representative}")
    return PartyLine(capacity, writing.name(side, language), tuple(lines))


def _builder(template: str) -> Callable[[dict[str, Any], Language], Paper]:
    return lambda data, language: paper(template, LoanParticulars.from_data(data), language)


@enforces("LN-CONTRACT", "PLG-WRITTEN", "PLG-CONTENT", "PLG-NO-FORFEIT", "LN-APR", "LN-NO-UPFRONT")
def register_templates() -> None:
    """Make the two contracts known to the signing floor. Called once the app is ready."""
    registry.template(LOAN, _("Loan contract"), _builder(LOAN), days_to_sign=DAYS_TO_SIGN)
    registry.template(PLEDGE, _("Pledge contract"), _builder(PLEDGE), days_to_sign=DAYS_TO_SIGN)
