"""Clauses of an assignment only: what passes, when, who files, who keeps the right alive until then."""

from __future__ import annotations

from listings.deals.contracts.clauses.money import does
from listings.deals.contracts.clauses.rights import names
from listings.deals.contracts.particulars import ContractTerms
from marketplace.signing.paper import Clause, Language

FILING_DAYS = 30


def passing(terms: ContractTerms, language: Language) -> Clause:
    """Patent Law 10(3): written contract, registration, effect from the day of registration."""
    zh = language == "zh"
    holder, taker = names(terms, language)
    records = does(terms.records, terms, language, by_law="split")
    said = (
        (
            f"{holder}将标的权利全部转让给{taker}，包括就授权前后侵害标的权利的行为主张权利的资格以及相应的优先权。",
            f"双方于价款足额存管之日起 {FILING_DAYS} 日内向国家知识产权局办理转让登记，由{records}提交，另一方提供所需文件。转让自登记之日起生效；"
            "登记之前，付款和签署均不使权利转移。",
            f"登记机关要求补正的，双方应当在其指定的期限内补正并重新提交。因一方原因致使自签署之日起六个月内仍未登记的，另一方有权解除本合同，"
            f"{taker}已付的价款应予退还。",
        )
        if zh
        else (
            f"{_cap(holder)} assigns the Rights to {taker} as a whole, with the claims against infringements before and after "
            "grant and the priorities that belong to them.",
            f"Within {FILING_DAYS} days after the whole price is held, the assignment is filed for registration with the "
            f"patent office by {records}; the other provides what is needed. It takes effect on the day of registration; "
            "neither payment nor signature moves the right before that day.",
            "Where the office asks for corrections, they are made and filed again in the time it sets. Where six months after "
            f"signing there is still no registration for reasons that lie with one party, the other may end this contract, "
            f"and what {taker} has paid is returned.",
        )
    )
    return Clause(
        "转让与登记" if zh else "Assignment and registration", said, None, ("PAT-ASSIGN-REG", "PAT-ASSIGN-WRITTEN")
    )


def upkeep(terms: ContractTerms, language: Language) -> Clause:
    zh = language == "zh"
    holder, taker = names(terms, language)
    payer = does(terms.annuity_by, terms, language, by_law="holder")
    said = (
        (
            f"签署之日起至登记之日到期的年费由{payer}承担；为防止权利终止，{holder}在登记之前仍负有按期缴纳的义务，由对方承担的，缴纳后由对方补偿。登记之日起的年费由{taker}承担。",
            f"登记之前，{holder}不得放弃标的权利，不得再许可、转让或者出质，不得实施可能损害其效力的行为。",
        )
        if zh
        else (
            f"Annuities that fall due between signing and registration are borne by {payer}. So that no Right lapses, {holder} "
            "still pays them in time until registration and is reimbursed where the other bears them. From registration on "
            f"{taker} pays.",
            f"Until registration {holder} does not abandon, license, assign or pledge the Rights, nor do anything that could "
            "harm them.",
        )
    )
    return Clause("登记前的维持" if zh else "Upkeep until registration", said, None, ())


def handover(terms: ContractTerms, language: Language) -> Clause:
    zh = language == "zh"
    holder, taker = names(terms, language)
    pending = not terms.all_granted
    said = [
        f"{holder}应当于登记之日起 15 日内向{taker}移交专利证书或者受理通知书、申请和审查文件、年费缴纳凭证以及实施标的权利所必需的技术资料，并给予合理的技术说明。"
        if zh
        else f"Within 15 days after registration {holder} hands over the certificate or filing receipt, the file of the "
        "application and examination, proof of annuities paid and the technical papers needed to work the Rights, and "
        "explains them within reason."
    ]
    if pending:
        said.append(
            "标的权利中的专利申请尚未授权，能否授权以国家知识产权局的决定为准。申请被驳回、视为撤回且未恢复的，已付价款是否退还，双方没有约定的不予退还，但转让方有过错的除外。"
            if zh
            else "Applications among the Rights are not granted, and whether they will be is for the patent office. Where one is "
            "refused, or deemed withdrawn and not restored, what was paid stays paid unless the parties agreed otherwise or "
            "the Assignor is at fault."
        )
    return Clause("资料交付" if zh else "Hand-over", tuple(said), None, ())


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]
