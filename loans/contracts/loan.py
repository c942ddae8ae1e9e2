"""The loan contract (Civil Code 667–680; Commercial Bank Law 37): kind, currency, purpose, amount, rate, term, manner
of repayment, breach."""

from __future__ import annotations

from listings.deals.contracts import writing
from loans.contracts import wording
from loans.contracts.particulars import LoanParticulars
from marketplace.signing.paper import Clause, Language


def amount_and_purpose(of: LoanParticulars, language: Language) -> Clause:
    money, purpose = wording.money(of, language), wording.said(wording.PURPOSES[of.purpose], language)
    note = (
        f"（{of.purpose_note}）"
        if of.purpose_note and language == "zh"
        else f" ({of.purpose_note})"
        if of.purpose_note
        else ""
    )
    if language == "zh":
        return Clause(
            "借款种类、币种、金额与用途",
            (
                f"贷款人向借款人提供专利权质押贷款，币种为{of.terms.currency}，金额为{money}。",
                f"借款用于{purpose}{note}。借款人应当按照约定用途使用借款，并按贷款人的要求提供用途证明；"
                "未按约定用途使用的，贷款人可以停止发放、提前收回或者解除合同（民法典第六百七十三条）。",
            ),
            None,
            ("LN-CONTRACT", "LN-USE"),
        )
    return Clause(
        "Kind, currency, amount and purpose",
        (
            f"The lender grants the borrower a loan secured by a pledge of patents, in {of.terms.currency}, of "
            f"{money}.",
            f"The loan is for {purpose}{note}. The borrower uses it so and proves it when asked; if it does not, the "
            "lender "
            "may stop paying out, call the loan in early or rescind the contract (Civil Code, article 673).",
        ),
        None,
        ("LN-CONTRACT", "LN-USE"),
    )


def rate(of: LoanParticulars, language: Language) -> Clause:
    """The yearly rate with all direct costs stands first."""
    terms = of.terms
    apr = writing.percent(of.apr_pct) if of.apr_pct is not None else writing.percent(terms.annual_rate_pct)
    nominal, days = writing.percent(terms.annual_rate_pct), wording.said(wording.DAY_COUNTS[terms.day_count], language)
    fee = writing.amount(of.fee, terms.currency, language)
    if language == "zh":
        paragraphs = [
            f"年化利率（单利与全部直接费用折算的实际年利率）：{apr}。",
            f"合同利率为固定年利率 {nominal}，计息方式为{days}，自实际发放日起按实际本金余额计收。",
            "利息不得预先在本金中扣除；预先扣除的，按照实际借款数额返还借款并计算利息（民法典第六百七十条）。",
        ]
        if of.fee:
            paragraphs.append(f"借款人于放款时支付一次性费用{fee}，已计入年化利率；除此之外贷款人不收取其他费用。")
        return Clause("利率与费用", tuple(paragraphs), None, ("LN-APR", "LN-DAYCOUNT", "LN-NO-UPFRONT", "LN-USURY"))
    paragraphs = [
        f"Annual percentage rate, with all direct costs: {apr}.",
        f"The contract rate is fixed at {nominal} a year, counted as {days}, on the principal outstanding from the "
        "day of "
        "payout.",
        "Interest is not deducted from the principal beforehand; if it is, the sum really lent is repaid and bears "
        "interest (Civil Code, article 670).",
    ]
    if of.fee:
        paragraphs.append(
            f"The borrower pays a fee of {fee} at payout, counted in the annual percentage rate; the lender charges "
            "no other."
        )
    return Clause("Rate and costs", tuple(paragraphs), None, ("LN-APR", "LN-DAYCOUNT", "LN-NO-UPFRONT", "LN-USURY"))


def term(of: LoanParticulars, language: Language) -> Clause:
    until, last = writing.day(of.payout_until, language), writing.day(of.debt_until, language)
    if language == "zh":
        said = (
            f"借款期限为 {of.months} 个月，自实际发放日起算，最迟不超过{last}。",
            f"专利权质权经登记设立且其他放款条件满足后，贷款人于{until}前一次性发放；质权设立之前不发放任何款项。",
            "借款人可以在还款期限届满前申请展期，贷款人同意的，可以展期；展期后的期限不得超过专利权的有效期（民法典第六百七十八条）。",
        )
    else:
        said = (
            f"The loan runs for {of.months} months from the day of payout, and not beyond {last}.",
            "Once the pledge is registered and the other conditions are met, the lender pays out in one sum, by "
            f"{until}; "
            "nothing is paid out before the pledge exists.",
            "Before it is due the borrower may ask for an extension, which the lender may grant, never beyond the "
            "life of the "
            "patents (Civil Code, article 678).",
        )
    return Clause("期限与放款" if language == "zh" else "Term and payout", said, None, ("LN-EXTEND", "PLG-EXIST"))


def repayment(of: LoanParticulars, language: Language) -> Clause:
    terms = of.terms
    method = wording.said(wording.METHODS[terms.method], language)
    often = wording.frequency(terms.frequency, language)
    order = wording.order_of(terms.order, language)
    bad = wording.order_of(terms.order_non_performing, language)
    fee = writing.percent(terms.early_fee_pct)
    if language == "zh":
        early = f"，并按提前偿还本金的 {fee} 支付补偿" if terms.early_fee_pct else "，贷款人不收取补偿金"
        said = (
            f"还款方式为{method}，还款周期为{often}；还款计划以放款日生成并经平台确认的还款计划表为准，还款日逢非工作日的，按产品规则顺延。",
            f"还款按照以下顺序清偿：{order}；借款逾期 {terms.non_performing_days} 天以上的，顺序为：{bad}。",
            f"借款人可以提前还款，按照实际借款期间计算利息（民法典第六百七十七条）{early}。",
        )
    else:
        early = (
            f", and a compensation of {fee} of the principal repaid early"
            if terms.early_fee_pct
            else ", without compensation"
        )
        said = (
            f"Repaid in {method}, {often}, by the plan made on the day of payout and confirmed on the platform; a due "
            "day that is "
            "no working day moves as the product says.",
            f"Payments meet what is owed in this order: {order}; from {terms.non_performing_days} days past due: "
            f"{bad}.",
            f"The borrower may repay early, with interest for the time really run (Civil Code, article 677){early}.",
        )
    rules = ("LN-CONTRACT", "LN-PREPAY", "LN-SETTLE-DAY")
    return Clause("还款" if language == "zh" else "Repayment", said, None, rules)


def breach(of: LoanParticulars, language: Language) -> Clause:
    terms = of.terms
    uplift, rate_ = writing.percent(terms.penalty_uplift_pct), writing.percent(terms.penalty.rate_pct)
    grace, cure = terms.penalty_grace_days, terms.cure_days
    if language == "zh":
        compound = "，对未按时支付的利息按同一利率计收复利" if terms.penalty_on_interest else ""
        free = f"；到期日后 {grace} 日内付清的不计罚息" if grace else ""
        said = (
            f"借款人未按期还款的，自逾期之日起按合同利率上浮 {uplift}（即年利率 {rate_}）计收罚息，直至清偿{compound}{free}。",
            f"质押专利权价值减少，足以危害质权的，借款人应当在收到通知后 {cure} 日内补充担保或者提前偿还相应借款（民法典第四百三十三条）。",
            "借款人连续两期或者累计三期未按期还款、提供虚假材料、擅自处分质押专利权，或者质押专利权因其不缴年费而终止的，"
            "贷款人可以宣布借款提前到期。",
        )
    else:
        compound = ", and on interest not paid in time at the same rate" if terms.penalty_on_interest else ""
        free = f"; who pays within {grace} days of the due day owes none" if grace else ""
        said = (
            f"What is not paid in time bears the contract rate and {uplift} of it, {rate_} a year, until it is "
            f"paid{compound}{free}.",
            "If the pledged patents lose value so that the pledge is endangered, the borrower gives further security "
            "or repays "
            f"the corresponding part within {cure} days of notice (Civil Code, article 433).",
            "The lender may call the loan in if the borrower misses two dates running or three in all, gives false "
            "papers, disposes "
            "of the pledged patents, or lets one of them end for want of its annuity.",
        )
    return Clause(
        "违约责任" if language == "zh" else "Breach", said, None, ("LN-PENALTY", "PLG-VALUE-DROP", "LN-CONTRACT")
    )


def security(of: LoanParticulars, language: Language) -> Clause:
    zh = language == "zh"
    said = [
        f"本借款由借款人以其专利权提供质押担保，另行订立质押合同（{of.number}）。"
        if zh
        else f"The borrower secures the loan by a pledge of its patents, in a pledge contract of its own ({of.number})."
    ]
    if of.guarantor is not None:
        name = writing.name(of.guarantor, language)
        said.append(f"{name}另行提供保证。" if zh else f"{name} stands surety under a contract of its own.")
    return Clause("担保" if zh else "Security", tuple(said), None, ("PLG-WRITTEN",))


def credit_data(of: LoanParticulars, language: Language) -> Clause:
    said = (
        (
            "借款人同意贷款人在借款存续期间查询其信用报告，并依法报送信用信息；涉及个人信息的，以借款人另行作出的单独同意为准。",
            "贷款人对因本合同知悉的借款人商业秘密和个人信息保密。",
        )
        if language == "zh"
        else (
            "While the loan runs the lender may query the borrower’s credit report and reports as the law asks; for "
            "personal data "
            "the separate consents count.",
            "The lender keeps the borrower’s trade secrets and personal data confidential.",
        )
    )
    heading = "信用信息与保密" if language == "zh" else "Credit data and secrecy"
    return Clause(heading, said, None, ("DP-CREDIT-QUERY", "DP-SEPARATE"))


def conditions(of: LoanParticulars, language: Language) -> Clause | None:
    """The conditions of the bank's decision, as written."""
    lines = tuple(one.strip() for one in of.conditions.splitlines() if one.strip())
    if not lines:
        return None
    return Clause("放款条件及其他约定" if language == "zh" else "Conditions of payout and further terms", lines)
