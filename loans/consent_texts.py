"""The texts a borrower consents to, one by one, in both languages. What is agreed to is kept word for word with its
hash; a change here changes what is asked of the next borrower and nothing that was said before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from loans.states.application import ConsentKind
from marketplace.accounts.models import Organisation

TEXTS: dict[str, tuple[str, str]] = {
    ConsentKind.SHARE: (
        "我方同意平台将本申请及所附材料（包括其中涉及的法定代表人、股东及经办人的姓名、联系方式和任职信息）提供给{bank}，"
        "仅用于审查、发放和管理本笔专利权质押贷款。我方可以随时撤回本同意；撤回不影响撤回前已进行的处理，但该行将不再受理本申请。",
        "We agree that the platform passes this application and the papers with it, including names, contacts and "
        "offices of representatives, shareholders and clerks named in them, to {bank}, solely to examine, grant and "
        "manage this patent pledge loan. We may withdraw this at any time; what was done before stays lawful, and the "
        "bank then no longer handles the application.",
    ),
    ConsentKind.CREDIT_QUERY: (
        "我方授权{bank}为审查本笔贷款及进行贷后管理，向金融信用信息基础数据库查询我方的信用报告，并依法报送本笔贷款的信用信息；"
        "相关个人已就其本人信用报告的查询另行作出书面授权。",
        "We authorise {bank} to query our credit report in the financial credit database to examine this loan and to "
        "watch it afterwards, and to report it as the law asks. Persons whose own report is queried have authorised "
        "that in writing for themselves.",
    ),
    ConsentKind.SENSITIVE: (
        "我方已告知相关个人并取得其单独同意：{bank}为核实身份和还款能力，需要处理其身份证件号码、银行账户等敏感个人信息；"
        "这些信息仅在办理本笔贷款所必需的范围内使用，并采取严格保护措施。",
        "We have told the persons concerned, and each agreed by itself, that {bank} needs sensitive personal data such "
        "as identity numbers and bank accounts to verify identity and ability to repay. It is used no further than "
        "this loan needs and is strictly protected.",
    ),
}


@dataclass(frozen=True, slots=True)
class Text:
    """One consent's text for one bank, with the hash of both languages."""

    kind: ConsentKind
    zh: str
    en: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(f"{self.zh}\n\n{self.en}".encode()).hexdigest()


def text_of(kind: str, bank: Organisation) -> Text:
    """The present text of a consent for a bank. Raises ValueError for a kind there is none of."""
    zh, en = TEXTS[ConsentKind(kind)]
    return Text(
        ConsentKind(kind), zh.format(bank=bank.name_zh or bank.name_en), en.format(bank=bank.name_en or bank.name_zh)
    )


def texts_for(bank: Organisation) -> list[Text]:
    """All of them, in the order they are asked."""
    return [text_of(kind, bank) for kind in ConsentKind.values]
