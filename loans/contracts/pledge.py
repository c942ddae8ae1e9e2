"""The pledge contract (Civil Code 427, 428, 444; Announcement 461, article 8)."""

from __future__ import annotations

from listings.deals.contracts import writing
from loans.contracts import wording
from loans.contracts.particulars import LoanParticulars
from marketplace.signing.paper import Clause, Language, Table


def debt(of: LoanParticulars, language: Language) -> Clause:
    """Kind and amount of the debt, and until when it runs."""
    money, last = wording.money(of, language), writing.day(of.debt_until, language)
    if language == "zh":
        said = (
            f"被担保的主债权为出质人与质权人之间编号为 {of.number} 的借款合同项下的借款债权，金额为{money}。",
            f"债务人履行债务的期限为自实际放款日起 {of.months} 个月，最迟至{last}。",
            "担保范围包括本金、利息、罚息、复利、违约金、损害赔偿金以及保管质押财产和实现质权的费用（民法典第三百八十九条）。",
        )
    else:
        said = (
            f"The debt secured is the loan under the loan contract {of.number} between pledgor and pledgee, of "
            f"{money}.",
            f"It is performed within {of.months} months of payout, at the latest by {last}.",
            "Secured are principal, interest, default interest and interest on it, liquidated damages, damages, and "
            "the costs of "
            "keeping the pledge and realising it (Civil Code, article 389).",
        )
    heading = "被担保的债权" if language == "zh" else "The debt secured"
    return Clause(heading, said, None, ("PLG-WRITTEN", "PLG-CONTENT", "PLG-SCOPE"))


def rights(of: LoanParticulars, language: Language) -> Clause:
    """The list of patents: number of them, and of each name, number, filing day, day of grant."""
    zh = language == "zh"
    rows = tuple(
        (
            str(at),
            (right.title_zh or right.title_en) if zh else (right.title_en or right.title_zh),
            right.patent_number,
            writing.day(right.filed_on, language),
            writing.day(right.granted_on, language),
            writing.figures(value) if value is not None else "—",
        )
        for at, (right, value) in enumerate(zip(of.rights, of.values, strict=True), 1)
    )
    heads = (
        ("序号", "名称", "专利号", "申请日", "授权公告日", "评估值")
        if zh
        else ("No.", "Title", "Patent number", "Filed on", "Granted on", "Appraised at")
    )
    reports = writing.listed(dict.fromkeys(one for one in of.reports if one), language)
    said = [
        f"出质人以下列 {len(of.rights)} 项专利权出质，质押至登记之日设立的质权及于其全部。"
        if zh
        else f"The pledgor pledges the {len(of.rights)} patents listed; the pledge, which exists from registration, covers each whole."
    ]
    if reports:
        said.append(f"评估值依据评估报告 {reports}。" if zh else f"The appraised values are those of report {reports}.")
    said.append(
        "出质人保证其为登记簿记载的专利权人，共有人已全部同意；专利权有效，年费已缴纳，不存在未披露的许可、质押、保全或者权属纠纷。"
        if zh
        else "The pledgor warrants that it is the registered patentee, that every co-owner agrees, that the patents are in force "
        "with annuities paid, and that there is no licence, pledge, preservation or dispute it did not disclose."
    )
    table = Table(heads, rows, (1, 6, 4, 3, 3, 3))
    rules = ("PLG-CONTENT", "PLG-REFUSE-01", "PLG-REFUSE-08")
    return Clause("质押财产" if zh else "What is pledged", tuple(said), table, rules)


def registration(of: LoanParticulars, language: Language) -> Clause:
    said = (
        (
            "双方应当在本合同签署后共同向国家知识产权局办理质押登记，质权自登记时设立（民法典第四百四十四条第一款）。",
            "登记事项发生变更的，双方应当在三十日内办理变更登记；债务清偿、质权实现或者质权人放弃质权的，质权人应当在五个工作日内配合办理注销登记。",
        )
        if language == "zh"
        else (
            "Both file for registration at the patent office after signing; the pledge exists from registration "
            "(Civil Code, "
            "article 444(1)).",
            "A change of what is registered is filed within thirty days; once the debt is paid, the pledge realised "
            "or waived, the "
            "pledgee has the registration cancelled within five working days.",
        )
    )
    rules = ("PLG-EXIST", "PLG-JOINT", "PLG-CHANGE", "PLG-CANCEL")
    return Clause("登记" if language == "zh" else "Registration", said, None, rules)


def keeping(of: LoanParticulars, language: Language) -> Clause:
    said = (
        (
            "质押期间，未经质权人同意，出质人不得转让或者许可他人使用质押专利权；经同意转让或者许可所得的价款，应当向质权人提前清偿债务或者提存（民法典第四百四十四条第二款）。",
            "出质人应当按时缴纳年费，应对无效宣告请求和侵权行为，不得放弃专利权；专利权的法律状态发生变化的，应当立即通知质权人。"
            "出质人未缴年费的，质权人可以代缴，代缴款项计入被担保的债权。",
        )
        if language == "zh"
        else (
            "While the pledge stands the pledgor neither assigns nor licenses the patents without the pledgee’s "
            "consent; what is paid "
            "with consent goes to early repayment or is deposited (Civil Code, article 444(2)).",
            "The pledgor pays the annuities in time, meets requests for invalidation and infringements, does not give "
            "the patents up, "
            "and tells the pledgee at once of any change of status. The pledgee may pay an annuity in its place and "
            "add it to the debt.",
        )
    )
    heading = "质押期间的义务" if language == "zh" else "While the pledge stands"
    return Clause(heading, said, None, ("PLG-NO-TRANSFER", "PLG-NO-WAIVER"))


def realisation(of: LoanParticulars, language: Language) -> Clause:
    """No clause makes the pledgee owner (Civil Code 428); proceeds by order; surplus to the pledgor."""
    said = (
        (
            "债务人不履行到期债务或者发生约定的实现质权的情形的，质权人可以与出质人协议以质押财产折价，也可以就拍卖、变卖质押财产所得的价款优先受偿；"
            "折价或者变卖的，应当参照市场价格（民法典第四百三十六条）。质权人可以委托平台挂牌处置。",
            "双方确认：本合同的任何约定均不得解释为债务人不履行到期债务时质押财产归质权人所有（民法典第四百二十八条）。",
            "所得价款依次用于：处置费用；实现债权的费用；利息及罚息；本金；违约金和损害赔偿金。"
            "清偿后有剩余的归出质人所有，不足部分由债务人清偿（民法典第四百三十八条）。",
        )
        if language == "zh"
        else (
            "If the debt is not paid when due, or an event agreed comes about, the pledgee may agree a price with the "
            "pledgor, or be paid "
            "first out of an auction or sale, with regard to market prices (Civil Code, article 436). It may offer "
            "the patents for sale "
            "on the platform.",
            "The parties confirm that nothing in this contract makes the patents the pledgee’s own when the debt is "
            "not paid (Civil Code, "
            "article 428).",
            "The proceeds meet, in this order: costs of the sale; costs of enforcement; interest and default "
            "interest; principal; "
            "liquidated damages and damages. A surplus is the pledgor’s; the debtor pays what is short (Civil Code, "
            "article 438).",
        )
    )
    heading = "质权的实现" if language == "zh" else "Realising the pledge"
    return Clause(heading, said, None, ("PLG-REALISE", "PLG-NO-FORFEIT", "PLG-SURPLUS", "PLG-SELF-SALE"))
