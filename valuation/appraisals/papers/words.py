"""The words a report is set in, in both languages.

They stand here and not in the catalogues, because a signed text must not change when a translation is polished.
"""

from __future__ import annotations

from collections.abc import Mapping

from marketplace.signing.paper import Language

Both = tuple[str, str]

PURPOSE: Mapping[str, Both] = {
    "transfer": ("转让", "transfer"),
    "licence": ("许可", "licence"),
    "pledge": ("质押融资", "pledge financing"),
    "contribution": ("出资入股", "capital contribution"),
    "litigation": ("诉讼或者确定侵权损害赔偿", "litigation or infringement damages"),
    "reporting": ("财务报告", "financial reporting"),
}
VALUE_TYPE: Mapping[str, Both] = {
    "market": (
        "市场价值：自愿买方和自愿卖方在各自理性行事且未受任何强迫的情况下，评估对象在评估基准日进行正常公平交易的价值估计数额。",
        "Market value: the estimated amount for which the asset should exchange on the base date between a "
        "willing buyer "
        "and a willing seller, each acting knowledgeably, prudently and without compulsion.",
    ),
    "investment": (
        "投资价值：评估对象对于具有明确投资目标的特定投资者所具有的价值估计数额。",
        "Investment value: the estimated value of the asset to a particular investor with stated investment aims.",
    ),
    "liquidation": (
        "清算价值：评估对象处于被迫出售、快速变现等非正常市场条件下的价值估计数额。",
        "Liquidation value: the estimated value of the asset in a forced or hurried sale.",
    ),
    "in_use": (
        "在用价值：评估对象按其正在使用的方式和程度所具有的价值估计数额。",
        "Value in use: the estimated value of the asset as and where it is being used.",
    ),
}
VALUE_TYPE_SHORT: Mapping[str, Both] = {
    "market": ("市场价值", "market value"),
    "investment": ("投资价值", "investment value"),
    "liquidation": ("清算价值", "liquidation value"),
    "in_use": ("在用价值", "value in use"),
}
KIND: Mapping[str, Both] = {
    "invention": ("发明专利", "invention patent"),
    "utility_model": ("实用新型专利", "utility model patent"),
    "design": ("外观设计专利", "design patent"),
    "plant": ("植物专利", "plant patent"),
    "other": ("专利", "patent"),
    "patent": ("专利", "patent"),
}
STATUS: Mapping[str, Both] = {
    "pending": ("专利申请（申请中）", "application pending"),
    "in_force": ("有效", "in force"),
    "in_grace": ("年费滞纳期", "in the grace period for an annuity"),
    "lapsed": ("终止", "lapsed"),
    "expired": ("届满", "expired"),
    "invalidated": ("宣告无效", "invalidated"),
    "withdrawn": ("撤回或驳回", "withdrawn or refused"),
    "unknown": ("未知", "unknown"),
}
ENTRY_KIND: Mapping[str, Both] = {
    "licence": ("实施许可", "licence"),
    "pledge": ("质押登记", "pledge"),
    "preservation": ("财产保全", "preservation order"),
    "ownership_suit": ("权属纠纷", "suit about ownership"),
    "invalidation": ("无效宣告请求", "request for invalidation"),
    "open_declaration": ("开放许可声明", "declaration of open licence"),
    "compulsory_licence": ("强制许可", "compulsory licence"),
}
FORMULA: Mapping[str, Both] = {
    "relief_from_royalty": (
        "Σ 销售收入 × 许可费率 × (1 − 税率) ÷ (1 + 折现率)^年",
        "Σ revenue · royalty rate · (1 − tax rate) ÷ (1 + discount rate)^year",
    ),
    "mpeem": (
        "Σ (现金流 − 贡献资产费用) × (1 − 税率) ÷ (1 + 折现率)^年",
        "Σ (cash flow − contributory charge) · (1 − tax rate) ÷ (1 + discount rate)^year",
    ),
    "incremental_cash_flow": (
        "Σ (有该权利的现金流 − 无该权利的现金流) ÷ (1 + 折现率)^年",
        "Σ (cash flow with the right − without it) ÷ (1 + discount rate)^year",
    ),
    "risk_adjusted_npv": (
        "成功概率 × Σ 现金流 ÷ (1 + 折现率)^年",
        "probability of success · Σ cash flow ÷ (1 + discount rate)^year",
    ),
    "comparable_transactions": (
        "中位数（成交价 ÷ 成交方收入 × 评估对象收入 × (1 + 调整)）",
        "median of price ÷ revenue · revenue of this right · (1 + adjustment)",
    ),
    "portfolio": ("Σ 各项权利价值 × (1 − 集中度权重 × HHI)", "Σ value of each right · (1 − weight · HHI)"),
    "replacement_cost": (
        "现时成本 × (1 − 功能性贬值) × (1 − 技术性贬值) × (1 − 经济性贬值)",
        "cost today · (1 − functional) · (1 − technological) · (1 − economic obsolescence)",
    ),
    "reproduction_cost": (
        "（人工 + 材料 + 费用）× (1 − 功能性贬值) × (1 − 技术性贬值) × (1 − 经济性贬值)",
        "(labour + materials + overhead) · (1 − functional) · (1 − technological) · (1 − economic obsolescence)",
    ),
    "real_option": (
        "S·N(d₁) − K·e^(−rT)·N(d₂)：S 项目现值，K 实施成本，r 无风险利率，T 年限",
        "S·N(d₁) − K·e^(−rT)·N(d₂): S present value of the project, K cost of going ahead, r risk-free rate, T years",
    ),
}
LICENCE_TYPE: Mapping[str, Both] = {
    "exclusive": ("独占", "exclusive"),
    "sole": ("排他", "sole"),
    "ordinary": ("普通", "ordinary"),
    "open": ("开放", "open"),
    "cross": ("交叉", "cross"),
    "sub": ("分许可", "sub-licence"),
}
METHOD: Mapping[str, Both] = {
    "relief_from_royalty": ("收益法——许可费节省法", "Income approach: relief from royalty"),
    "mpeem": ("收益法——多期超额收益法", "Income approach: multi-period excess earnings"),
    "incremental_cash_flow": ("收益法——增量收益法", "Income approach: with and without"),
    "risk_adjusted_npv": ("收益法——风险调整净现值法", "Income approach: risk-adjusted net present value"),
    "comparable_transactions": ("市场法——可比交易法", "Market approach: comparable transactions"),
    "replacement_cost": ("成本法——重置成本法（更新）", "Cost approach: replacement cost"),
    "reproduction_cost": ("成本法——重置成本法（复原）", "Cost approach: reproduction cost"),
    "real_option": ("期权法——实物期权", "Real option"),
    "portfolio": ("组合汇总", "Bundle: sum of the rights"),
}
METHOD_SHORT: Mapping[str, Both] = {
    "relief_from_royalty": ("许可费节省法", "Relief from royalty"),
    "mpeem": ("多期超额收益法", "Excess earnings"),
    "incremental_cash_flow": ("增量收益法", "With and without"),
    "risk_adjusted_npv": ("风险调整净现值", "Risk-adjusted NPV"),
    "comparable_transactions": ("可比交易法", "Comparable deals"),
    "replacement_cost": ("更新重置成本", "Replacement cost"),
    "reproduction_cost": ("复原重置成本", "Reproduction cost"),
    "real_option": ("实物期权", "Real option"),
    "portfolio": ("组合汇总", "Bundle"),
}
INPUT: Mapping[str, Both] = {
    "revenue": ("各年销售收入", "Revenue of each year"),
    "royalty_rate": ("许可费率（提成率）", "Royalty rate"),
    "discount_rate": ("折现率", "Discount rate"),
    "tax_rate": ("所得税率", "Income tax rate"),
    "tab": ("税收摊销收益", "Tax amortisation benefit"),
    "tab_life": ("摊销年限", "Years of amortisation"),
    "timing": ("折现时点", "Timing of discounting"),
    "cash_flow_pre_tax": ("税前现金流", "Cash flow before tax"),
    "contributory_asset_charge_pre_tax": ("贡献资产回报", "Charge for contributory assets"),
    "with_asset": ("使用专利的现金流", "Cash flow with the right"),
    "without_asset": ("不使用专利的现金流", "Cash flow without it"),
    "cash_flow": ("各年现金流", "Cash flow of each year"),
    "remaining_legal_years": ("剩余法定保护年限", "Years of legal term left"),
    "probability_of_success": ("成功概率", "Probability of success"),
    "comparables": ("可比交易（价款、收入）", "Comparable deals (price, revenue)"),
    "subject_revenue": ("评估对象收入", "Revenue of this right"),
    "adjustments": ("修正", "Adjustments"),
    "current_cost": ("现行重置成本", "Cost today"),
    "functional": ("功能性贬值率", "Functional obsolescence"),
    "technological": ("技术性贬值率", "Technological obsolescence"),
    "economic": ("经济性贬值率", "Economic obsolescence"),
    "labor": ("人工", "Labour"),
    "materials": ("材料", "Materials"),
    "overhead": ("间接费用", "Overhead"),
    "expected_value": ("项目现值", "Present value of the project"),
    "exercise_cost": ("实施成本", "Cost of going ahead"),
    "volatility": ("年波动率", "Volatility a year"),
    "years": ("决策年限", "Years to decide"),
    "risk_free": ("无风险利率", "Risk-free rate"),
}
ROW: Mapping[str, Both] = {
    "year": ("年", "Year"),
    "from": ("自", "From"),
    "to": ("至", "To"),
    "revenue": ("销售收入", "Revenue"),
    "royalty": ("许可费", "Royalty"),
    "after_tax_royalty": ("税后许可费", "Royalty after tax"),
    "cash_flow": ("现金流", "Cash flow"),
    "charge": ("贡献资产回报", "Charge"),
    "after_tax": ("税后", "After tax"),
    "with_asset": ("使用", "With"),
    "without_asset": ("不使用", "Without"),
    "incremental": ("增量", "Increment"),
    "fraction": ("年分数", "Fraction"),
    "mid_years": ("折现年数", "Years"),
    "factor": ("折现系数", "Factor"),
    "pv": ("现值", "Present value"),
    "price": ("价款", "Price"),
    "implied": ("推算价值", "Implied value"),
}
T: Mapping[str, Both] = {
    "kind": ("资产评估报告", "Asset appraisal report"),
    "title": ("关于{object}价值的资产评估报告", "Appraisal report on the value of {object}"),
    "object_one": ("“{title}”专利权", "the patent “{title}”"),
    "object_one_pending": ("“{title}”专利申请权（申请中）", "the patent application “{title}” (pending)"),
    "object_many": ("“{title}”等 {count} 项专利资产", "“{title}” and other patent assets ({count} in all)"),
    "contents": ("目录", "Contents"),
    "number": ("报告编号", "Report number"),
    "client": ("委托人", "Client"),
    "users": ("报告使用人", "Users of the report"),
    "users_by_law": ("法律、行政法规规定的其他使用人", "Others whom laws and regulations name as users"),
    "purpose": ("评估目的", "Purpose"),
    "object": ("评估对象", "Object"),
    "scope": ("评估范围", "Scope"),
    "value_type": ("价值类型", "Type of value"),
    "base_date": ("评估基准日", "Base date"),
    "methods": ("评估方法", "Methods"),
    "parts": ("各项权利在评估结论中的金额", "What of the conclusion falls to each right"),
    "h_own_value": ("单项价值（{currency}）", "Own value ({currency})"),
    "h_part": ("结论分摊（{currency}）", "Part of the conclusion ({currency})"),
    "h_category": ("类别", "Category"),
    "conclusion": ("评估结论", "Conclusion"),
    "range": ("区间", "Range"),
    "valid": ("结论使用有效期", "Conclusion may be used"),
    "valid_span": ("自评估基准日起一年：{from} 至 {to}", "for one year from the base date: {from} to {to}"),
    "agency": ("评估机构", "Valuation agency"),
    "filing": ("备案文号", "Filing notice"),
    "code": ("统一社会信用代码", "Credit code"),
    "representative": ("法定代表人", "Legal representative"),
    "address": ("地址", "Address"),
    "statement": ("声明", "Statement"),
    "statement_text": (
        "一、本报告依据资产评估法和评估准则编制。\n"
        "二、委托人及其他使用人应当按照法律规定和本报告载明的使用范围使用本报告；违反规定使用的，评估机构及评估专业人员不承担责任。\n"
        "三、本报告仅供委托人、载明的其他使用人和法律规定的使用人使用，其他机构和个人不能成为使用人。\n"
        "四、评估结论不等同于评估对象可实现价格，不应当被认为是对可实现价格的保证。\n"
        "五、评估机构及评估专业人员与评估对象没有现存或者预期的利益关系，与相关当事人没有现存或者预期的利益关系，没有偏见；"
        "服务费为固定金额，与评估结论无关；没有以预先设定的价值作为评估结论。\n"
        "六、委托人对其提供资料的真实性、完整性、合法性负责。",
        "1. This report follows the Asset Appraisal Law and the appraisal standards.\n"
        "2. Client and users must use it as the law and its stated scope allow; the agency and its appraisers are not "
        "answerable for any other use.\n"
        "3. It is for the client, the other users named and those the law names; nobody else becomes a user.\n"
        "4. The conclusion is not the price that can be obtained and must not be taken for a promise of it.\n"
        "5. The agency and its appraisers have no interest, present or expected, in the object or the "
        "parties, and no bias; "
        "the fee is a fixed sum that does not follow the conclusion; no preset value was taken as conclusion.\n"
        "6. The client answers for the truth, completeness and lawfulness of what it supplied.",
    ),
    "elsewhere": (
        "本次评估的委托和收费未经本平台办理，由评估机构自行登记；其余编制、复核、签名和盖章要求相同。",
        "The engagement and its fee were arranged outside this market and entered by the agency; drafting, review, "
        "signatures and seal follow the same requirements.",
    ),
    "written": (
        "评估机构以中文书写的内容，在英文文本中照录。",
        "Reasons and facts stand in the language in which the agency wrote them.",
    ),
    "statutory": ("本次评估属于法定评估业务。", "The law requires this appraisal."),
    "summary": ("摘要", "Summary"),
    "summary_note": (
        "以下内容摘自报告正文，欲了解全部情况应当阅读正文。",
        "Taken from the body of the report, which must be read in full.",
    ),
    "s_client": ("委托人和其他报告使用人", "Client and other users"),
    "s_object": ("评估对象和评估范围", "Object and scope"),
    "s_legal": ("法律状况", "Legal facts"),
    "s_technical": ("技术状况", "Technical facts"),
    "s_economic": ("经济状况", "Economic facts"),
    "s_basis": ("评估依据", "Grounds"),
    "s_methods": ("评估方法", "Methods"),
    "s_process": ("评估程序实施过程和情况", "How the work was done"),
    "s_assumptions": ("评估假设", "Assumptions"),
    "s_notices": ("特别事项说明", "Special notices"),
    "s_restrictions": ("评估报告使用限制说明", "Restrictions of use"),
    "s_date": ("评估报告日", "Report date"),
    "s_signing": ("签名和盖章", "Signatures and seal"),
    "h_number": ("号码", "Number"),
    "h_title": ("名称", "Title"),
    "h_kind": ("类型", "Kind"),
    "h_owner": ("权利人", "Owner"),
    "h_status": ("状态", "Status"),
    "h_filed": ("申请日", "Filed"),
    "h_granted": ("授权公告日", "Granted"),
    "h_expires": ("届满日", "Expires"),
    "h_annuity": ("年费", "Annuities"),
    "annuity": ("已缴至第 {year} 年度；下一年度 {next} 前", "paid up to year {year}; next due on {next}"),
    "no_annuity": ("登记簿未载缴纳记录", "no payment in the register"),
    "h_claims": ("范围", "Scope"),
    "h_whole": ("全部权利要求", "all claims"),
    "single": ("本次以单项专利资产评估。", "A single patent asset is valued."),
    "bundle": ("本次以 {count} 项专利资产组合整体评估。", "{count} patent assets are valued together as a bundle."),
    "life": (
        "经济寿命预计至 {day}，不长于剩余法定保护期限。",
        "The economic life is expected to end on {day}, no later than the legal term.",
    ),
    "entries": (
        "基准日登记簿所载许可、质押、保全和争议",
        "Licences, pledges, orders and disputes in the register on the base date",
    ),
    "no_entries": (
        "基准日登记簿未载有许可、质押、保全、权属纠纷或者无效宣告请求。",
        "On the base date the register showed no licence, pledge, preservation order, suit about ownership "
        "or request for "
        "invalidation.",
    ),
    "h_right": ("权利", "Right"),
    "h_entry": ("事项", "Entry"),
    "h_party": ("当事人", "Party"),
    "h_span": ("期间", "Period"),
    "open_end": ("至今", "open"),
    "h_input": ("参数", "Input"),
    "h_value": ("取值", "Value"),
    "h_reason": ("理由", "Reason"),
    "h_method": ("方法", "Method"),
    "h_weight": ("权重", "Weight"),
    "h_result": ("测算结果（{currency}）", "Result, {currency}"),
    "why": ("选取理由", "Why this method"),
    "inputs": ("参数及理由", "Inputs and their reasons"),
    "rows": ("逐年测算（{currency}）", "Year by year, {currency}"),
    "rows_of_deals": ("逐笔推算（{currency}）", "Deal by deal, {currency}"),
    "result": ("测算结果：{amount}。", "Result: {amount}."),
    "formula": ("计算式：{formula}", "Formula: {formula}"),
    "simulation": (
        "不确定性：对{fields}取三角分布，随机抽样 {draws} 次，种子 {seed}（{currency}）；第二行为抽样误差",
        "Uncertainty: triangular distributions for {fields}; {draws} draws, seed {seed}; {currency}; "
        "below, the sampling error of each",
    ),
    "h_mean": ("均值", "Mean"),
    "h_std": ("标准差", "Std. dev."),
    "tornado": (
        "敏感性：各参数单独由低到高时的测算结果（{currency}）",
        "Sensitivity: the result as each input alone goes from low to high, {currency}",
    ),
    "h_low": ("取低值", "Low"),
    "h_high": ("取高值", "High"),
    "exception": ("只采用一种方法的理由", "Why one method only"),
    "visited": ("现场调查日期：{day}。", "Site visited on {day}."),
    "side_by_side": ("各方法结果与权重", "The methods side by side"),
    "reasoning": ("结论的形成", "How the conclusion was reached"),
    "conclusion_rule": (
        "评估结论为各方法测算结果按权重加权平均，取整至 {unit} 元。",
        "The conclusion is the weighted mean of the methods’ results, rounded to {unit}.",
    ),
    "conclusion_label": (
        "在评估基准日 {day}，评估对象的{type}为",
        "On the base date {day} the {type} of the object is",
    ),
    "range_note": ("结论区间：{low} 至 {high}。", "Range: {low} to {high}."),
    "most": ("对结论影响最大的参数", "What moves it most"),
    "use_until": (
        "评估结论自评估基准日起一年内有效，即 {from} 至 {to}；"
        "超过该期限，或者权利终止、评估机构撤回报告的，不得继续使用。",
        "The conclusion may be used for one year from the base date, {from} to {to}; not after that, nor "
        "once the right has "
        "ended or the agency has withdrawn the report.",
    ),
    "use_scope": (
        "本报告仅用于{purpose}目的，不得用于其他目的。",
        "The report is for {purpose} only and for no other purpose.",
    ),
    "report_date": ("本评估报告日为 {day}。", "The report is dated {day}."),
    "a_scores": ("指标得分（决策参考，不是评估值）", "Indicator scores (decision support, not the appraised value)"),
    "scores_unverified": (
        "指标名称和层级尚未与标准正式文本逐条核对；权重为平台自定。",
        "The indicators were not compared with the bought text of the standard; the weights are the market’s own.",
    ),
    "h_indicator": ("指标", "Indicator"),
    "h_points": ("得分", "Points"),
    "h_evidence": ("依据", "Evidence"),
    "from_register": ("登记簿", "register"),
    "a_twin": ("机读副本与复算", "Machine-readable twin and recomputation"),
    "twin_text": (
        "本报告附有机读副本（JSON），载明各方法的全部输入、权重和结论，任何人可据以复算并得到同一数额。"
        "副本的规范文本（键名排序、无空格、UTF-8）之 SHA-256 为：",
        "The report has a machine-readable twin (JSON) with every method’s inputs, the weights and the "
        "conclusion, from "
        "which anybody can compute the same figure again. The SHA-256 of its canonical text (keys sorted, no spaces, "
        "UTF-8) is:",
    ),
    "engine": ("计算引擎版本：{engine}。", "Version of the engine: {engine}."),
    "a_documents": ("附件目录", "Annexed by reference"),
    "documents_text": (
        "专利证书、权利要求书和年费凭证、委托人提供的财务与经营资料、评估机构备案公告和评估专业人员资格证明，存于评估档案，"
        "按资产评估法第二十九条保存。",
        "Certificates, claims and proofs of annuities, the accounts and business data supplied by the "
        "client, the agency’s "
        "filing notice and its appraisers’ certificates are kept in the appraisal file as article 29 of the "
        "Appraisal Law "
        "requires.",
    ),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    "none": ("无", "none"),
}


def say(words: Mapping[str, Both], key: str, language: Language) -> str:
    """The word in the language; the key itself where the table has none."""
    found = words.get(key)
    return found[0 if language == "zh" else 1] if found else key


def text(key: str, language: Language, **filled: object) -> str:
    """A sentence of T with its places filled."""
    sentence = say(T, key, language)
    return sentence.format(**filled) if filled else sentence
