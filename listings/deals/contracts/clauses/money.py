"""Clauses on money: price, royalties, holding by the platform, tax, breach."""

from __future__ import annotations

from listings.deals.contracts import writing
from listings.deals.contracts.clauses.rights import names
from listings.deals.contracts.particulars import ContractKind, ContractTerms
from marketplace.signing.paper import Clause, Language, Table


def bearer(code: str, terms: ContractTerms, language: Language) -> str:
    """Who bears a tax: “由……承担” in Chinese, “borne by …” in English."""
    zh = language == "zh"
    holder, taker = names(terms, language)
    if code in ("holder", "buyer"):
        party = holder if code == "holder" else taker
        return f"由{party}承担" if zh else f"borne by {party}"
    if code == "split":
        return "由双方各承担一半" if zh else "borne by both in equal parts"
    return "依法律规定由双方各自承担" if zh else "borne by each party as the law says"


def does(code: str, terms: ContractTerms, language: Language, *, by_law: str) -> str:
    """Who does something: a party, or both together; `by_law` ("holder", "buyer", "split") where the law decides."""
    holder, taker = names(terms, language)
    code = by_law if code == "law" else code
    if code == "split":
        return "双方共同" if language == "zh" else "both parties together"
    return holder if code == "holder" else taker


def price(terms: ContractTerms, language: Language) -> Clause:
    """Civil Code 846: lump sum, instalments, royalty, or royalty with an entry fee; accounts may be inspected."""
    zh = language == "zh"
    _holder, taker = names(terms, language)
    total = writing.amount(terms.price, terms.currency, language)
    said: list[str] = []
    table = None
    if zh:
        said.append(f"{taker}应支付的价款总额为{total}。本合同另有约定的税费除外。")
    else:
        said.append(f"{taker[:1].upper()}{taker[1:]} pays {total} in all, apart from taxes as this contract says.")
    if terms.deposit:
        deposit = writing.amount(terms.deposit, terms.currency, language)
        said.append(
            f"其中保证金{deposit}，抵作价款。"
            if zh
            else f"Of this {deposit} is a deposit, which counts towards the price."
        )
    if terms.instalments:
        said.append(
            "价款分期支付，各期见本条附表。" if zh else "The price is paid in the instalments of the table below."
        )
        heads = ("期次", "条件", "金额", "期限") if zh else ("No.", "For", "Amount", "Due")
        table = Table(
            heads,
            tuple(
                (
                    str(index),
                    one.title,
                    f"{terms.currency} {writing.figures(one.amount)}",
                    f"签署完成后 {one.due_days} 日内" if zh else f"within {one.due_days} days after all have signed",
                )
                for index, one in enumerate(terms.instalments, start=1)
            ),
            (1, 5, 4, 5),
        )
    else:
        upfront = terms.upfront if terms.upfront is not None and terms.upfront != terms.price else None
        if upfront is not None:
            rest = terms.price - upfront
            said.append(
                f"签署完成且本合同要求的同意齐备后 {terms.payment_days} 日内支付{writing.amount(upfront, terms.currency, language)}，"
                f"余款{writing.amount(rest, terms.currency, language)}于登记或者备案完成前支付。"
                if zh
                else f"{writing.amount(upfront, terms.currency, language)} are paid within {terms.payment_days} days after all "
                f"have signed and every consent is given; the rest, {writing.amount(rest, terms.currency, language)}, before "
                "the recordal is complete."
            )
        else:
            said.append(
                f"签署完成且本合同要求的同意齐备后 {terms.payment_days} 日内一次付清。"
                if zh
                else f"It is paid at once, within {terms.payment_days} days after all have signed and every consent is given."
            )
    if terms.royalty_pct is not None:
        said += _royalty(terms, language)
    said.append(
        f"因本合同产生的税费{bearer(terms.tax_by, terms, language)}。收款方应当开具发票。"
        if zh
        else f"Taxes arising from this contract are {bearer(terms.tax_by, terms, language)}. Whoever is paid issues an "
        "invoice."
    )
    return Clause("价款与支付" if zh else "Price and payment", tuple(said), table, ("LIC-PAYMENT",))


def _royalty(terms: ContractTerms, language: Language) -> list[str]:
    assert terms.royalty_pct is not None
    share = writing.percent(terms.royalty_pct)
    zh = language == "zh"
    holder, taker = names(terms, language)
    least = ""
    if terms.royalty_minimum:
        sum_ = writing.amount(terms.royalty_minimum, terms.currency, language)
        least = f"每年不低于{sum_}。" if zh else f" It is not less than {sum_} a year."
    if zh:
        return [
            f"除前述价款外，{taker}按“{terms.royalty_base}”的 {share} 支付提成费。{least}",
            f"{taker}应当于每一计算期结束后 30 日内提交报表并支付；应当设立专门账目，{holder}可以每年查账一次，查账发现少报超过百分之五的，查账费用由{taker}承担。"
            "逾期支付的，按逾期付款违约金的约定计付。",
        ]
    return [
        f"Besides, {taker} pays a royalty of {share} of “{terms.royalty_base}”.{least}",
        f"Within 30 days after each period {taker} hands in a statement and pays. It keeps separate accounts, which "
        f"{holder} may inspect once a year; where more than five per cent was left out, the inspection is at the cost of "
        f"{taker}. Late royalties bear the agreed late-payment charge.",
    ]


def holding(terms: ContractTerms, language: Language) -> Clause:
    """The platform holds the money and pays it out on evidence; it is not an escrow agent and has no part in the deal."""
    zh = language == "zh"
    holder, taker = names(terms, language)
    waits = terms.kind in (ContractKind.ASSIGNMENT, ContractKind.EXCLUSIVE, ContractKind.SOLE)
    if zh:
        said = [
            f"{taker}将价款付入平台指定的存管渠道，由平台存管。存管期间价款不计息；平台仅依本合同和平台规则收付款项，不是本合同当事人，也不提供担保。",
            (
                "平台在下列条件全部具备后放款：价款已足额存管；国家知识产权局的登记或者备案证明经两名工作人员核验；本合同要求的同意均针对现行版本作出；没有未决争议。"
                if waits
                else "平台在下列条件全部具备后放款：价款已足额存管；全部签署完成；本合同要求的同意均针对现行版本作出；没有未决争议。"
            ),
            f"放款时依次扣除：应付质权人的款项、中介报酬、平台服务费；其余付给{holder}"
            + ("及共有人。" if terms.co_owners else "。")
            + "各项金额以交易成立时在平台上确认的为准。",
        ]
        if terms.hold_back_pct:
            said.append(
                f"价款的 {writing.percent(terms.hold_back_pct)} 作为尾款继续存管 {terms.hold_back_days} 日，期满无争议的予以支付。"
            )
        said.append(f"登记或者备案最终未获准，且不能补正的，平台将存管的价款退还{taker}。")
    else:
        said = [
            f"{_cap(taker)} pays the price into the channel the platform names, and the platform holds it. It bears no "
            "interest while held. The platform receives and pays money as this contract and its rules say; it is no party "
            "to this contract, gives no guarantee and is no escrow agent.",
            "The platform pays out when all of this is so: the whole price is held; "
            + (
                "two members of its staff have checked the patent office’s evidence of the recordal; "
                if waits
                else "all have signed; "
            )
            + "every consent this contract needs stands on the current version; no dispute is open.",
            "From the price are paid first what is owed to a pledgee, the brokers’ commission and the platform’s fee; the "
            f"rest goes to {holder}"
            + (" and the co-owners" if terms.co_owners else "")
            + ". The amounts are those confirmed on the platform when the deal was made.",
        ]
        if terms.hold_back_pct:
            said.append(
                f"{writing.percent(terms.hold_back_pct)} of the price is held for another {terms.hold_back_days} days and paid "
                "when no dispute has been raised by then."
            )
        said.append(
            f"Where the recordal is finally refused and cannot be cured, the platform returns the price to {taker}."
        )
    return Clause("价款的存管与放款" if zh else "Money held by the platform", tuple(said), None, ())


def breach(terms: ContractTerms, language: Language) -> Clause:
    """Late payment, other breach, ending the contract."""
    zh = language == "zh"
    said = (
        (
            "逾期付款的，每逾期一日按应付未付金额的万分之三支付违约金，累计不超过未付金额的百分之二十。",
            f"一方违约的，守约方可以书面催告；自催告送达之日起 {terms.cure_days} 日内仍未改正的，守约方可以解除合同并请求赔偿损失。",
            "因不可抗力不能履行的，根据影响部分或者全部免除责任，但应当及时通知对方并提供证明。",
        )
        if zh
        else (
            "For each day a payment is late, 0.03 per cent of what is outstanding is owed, at most 20 per cent of it.",
            "A party in breach is warned in writing; if it has not put things right within "
            f"{terms.cure_days} days after the warning reaches it, the other may end the contract and claim damages.",
            "Where force majeure prevents performance, liability falls away as far as its effect reaches; the other party "
            "is told at once and shown proof.",
        )
    )
    return Clause("违约责任" if zh else "Breach", said, None, ())


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]
