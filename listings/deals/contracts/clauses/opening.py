"""The notice by which somebody takes an open licence: Patent Law 50 to 52, Implementing Rules 85 to 88."""

from __future__ import annotations

from listings.deals.contracts import writing
from listings.deals.contracts.particulars import ContractTerms
from marketplace.signing.paper import Clause, Language


def taking(terms: ContractTerms, language: Language) -> Clause:
    """Licence by written notice and payment as published; ordinary; recorded with written proof."""
    zh = language == "zh"
    said = (
        (
            f"专利权人已就标的权利提出开放许可声明并经国家知识产权局公告（{terms.declaration}）。被许可人以本通知书面表示愿意实施，并依照公告的方式和标准支付许可使用费。",
            "本通知送达专利权人且许可使用费依公告付清之时，被许可人即获得开放许可。该许可为普通许可；专利权人不得在开放许可期间就同一专利给予独占许可或者排他许可。",
            "专利权人公告撤回开放许可声明的，不影响被许可人已经获得的许可。",
            "开放许可实施期间，专利权人依法享有的年费减免由其自行申请，不影响许可使用费。",
        )
        if zh
        else (
            f"The Patentee has declared the Rights open for licence, and the patent office has announced it ({terms.declaration})."
            " By this notice the Licensee declares in writing that it takes the licence, and pays the fee by the published "
            "method and standard.",
            "The licence exists once this notice has reached the Patentee and the published fee is paid. It is an ordinary "
            "licence; while the declaration stands the Patentee gives no exclusive or sole licence of the same patent.",
            "A withdrawal of the declaration does not touch the licence obtained.",
            "A reduction of annuities while the open licence is worked is for the Patentee to ask for and changes no fee.",
        )
    )
    rules = ("OL-FORM", "OL-NO-EXCL", "OL-WITHDRAW", "OL-CONTENT", "OL-ANNUITY-CUT")
    return Clause("开放许可的取得" if zh else "Taking the open licence", said, None, rules)


def scope(terms: ContractTerms, language: Language) -> Clause:
    zh = language == "zh"
    last = terms.ends_on or terms.last_expiry
    begin = writing.day(terms.starts_on, language) if terms.starts_on else ""
    said = (
        (
            f"许可期限：自{begin or '许可取得之日'}起至{writing.day(last, language)}止，且不超过公告的期限和标的权利的有效期。",
            "公告载明被许可人可以再许可他人实施；再许可为普通许可，不得超出本许可的范围和期限。"
            if terms.may_sublicense
            else "被许可人不得再许可他人实施。",
        )
        if zh
        else (
            f"Period: from {begin or 'the day the licence is obtained'} to {writing.day(last, language)}, and no longer than the "
            "declaration and the Rights last.",
            "The declaration lets the Licensee grant sub-licences; they are ordinary and within the scope and period of this "
            "licence."
            if terms.may_sublicense
            else "The Licensee grants no sub-licences.",
        )
    )
    return Clause("期限与范围" if zh else "Period and scope", said, None, ("LIC-TERM", "LIC-NO-SUB"))


def recordal(terms: ContractTerms, language: Language) -> Clause:
    zh = language == "zh"
    said = (
        "双方自许可取得之日起三个月内凭本通知和付款凭证向国家知识产权局备案。因开放许可发生争议的，可以请求国家知识产权局调解，也可以起诉。"
        if zh
        else "Within three months after the licence is obtained it is filed for recordal with this notice and the proof of "
        "payment. Disputes may be brought to the patent office for mediation, or to court."
    )
    return Clause("备案与争议" if zh else "Recordal and disputes", (said,), None, ("OL-RECORD", "LIC-RECORD-3M"))
