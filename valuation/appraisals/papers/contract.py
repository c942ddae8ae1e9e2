"""The engagement contract between client and agency: a model text filled from the order and the quote chosen.

What it states follows the Appraisal Law (articles 14, 18 to 20, 22 to 29 and 32) and the list of the practice standard
on engagement contracts (中评协〔2017〕33号, from general knowledge: its text was not at hand). The builder sees its
data only, so the same row gives the same paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from listings.deals.contracts.writing import amount, day, listed
from listings.rights.ruling import enforces
from marketplace.signing import registry
from marketplace.signing.paper import Clause, Language, Paper, PartyLine, Table
from valuation.appraisals.papers.words import METHOD_SHORT, PURPOSE, VALUE_TYPE_SHORT, say

TEMPLATE = "appraisal.engagement"
DAYS_TO_SIGN = 10
CLIENT, AGENCY = ("委托人", "Client"), ("资产评估机构", "Valuation agency")
Facts = Mapping[str, Any]


def register_template() -> None:
    """Make the contract known to the signing floor."""
    registry.template(TEMPLATE, _("Appraisal engagement contract"), build, days_to_sign=DAYS_TO_SIGN)


def build(data: dict[str, Any], language: Language) -> Paper:
    """The contract in one language."""
    zh = language == "zh"
    return Paper(
        title="资产评估委托合同" if zh else "Asset appraisal engagement contract",
        parties=(_party(data["client"], CLIENT, language), _party(data["agency"], AGENCY, language)),
        preamble=(
            (
                f"委托人就评估委托 {data['number']} 在平台上自主选定资产评估机构，双方依照《中华人民共和国民法典》"
                "《中华人民共和国资产评估法》订立本合同。"
                if zh
                else f"The client has freely chosen the agency for order {data['number']} on the platform. Both make "
                "this contract under the Civil Code and the Asset Appraisal Law of the People’s Republic of China."
            ),
        ),
        clauses=tuple(clause(data, language) for clause in CLAUSES),
        notes=(
            "示范文本：由平台提供，不构成法律意见，签署前应当交律师审核。"
            if zh
            else "Model text: offered by the platform, no legal advice. Have it checked by counsel before signing.",
            "服务费由平台存管并按约定放款；平台不是本合同当事人。"
            if zh
            else "The platform holds the fee and pays it out as agreed; it is no party to this contract.",
        ),
    )


def _party(side: Facts, capacity: tuple[str, str], language: Language) -> PartyLine:
    zh = language == "zh"
    colon = "：" if zh else ": "
    lines = []
    if side["code"]:
        lines.append(f"{'统一社会信用代码' if zh else 'Credit code'}{colon}{side['code']}")
    if side[f"address_{language}"]:
        lines.append(f"{'地址' if zh else 'Address'}{colon}{side[f'address_{language}']}")
    if side.get("filing"):
        lines.append(f"{'备案公告文号' if zh else 'Filing notice'}{colon}{side['filing']}")
    return PartyLine(capacity[0 if zh else 1], side[f"name_{language}"], tuple(lines))


def _day(value: str, language: Language) -> str:
    return day(date.fromisoformat(value), language)


def _money(data: Facts, language: Language) -> str:
    return amount(Decimal(data["fee"]), data["currency"], language)


# ── the clauses ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _object(data: Facts, language: Language) -> Clause:
    zh = language == "zh"
    rows = tuple(
        (one["number"], one[f"title_{language}"], one["claims"] or ("全部" if zh else "whole right"))
        for one in data["rights"]
    )
    together = len(rows) > 1
    return Clause(
        "评估对象和评估范围" if zh else "What is appraised",
        (
            ("评估对象为下列权利" + ("，作为一个整体并分项列示。" if together else "。"))
            if zh
            else "The rights listed below are appraised"
            + (", together and with the part of each shown." if together else "."),
        ),
        Table(("号码", "名称", "权利要求") if zh else ("Number", "Title", "Claims"), rows, (3, 6, 2)),
    )


@enforces("APR-SCOPE")
def _use(data: Facts, language: Language) -> Clause:
    zh = language == "zh"
    purpose, value = say(PURPOSE, data["purpose"], language), say(VALUE_TYPE_SHORT, data["value_type"], language)
    users = listed([one[language] for one in data["users"]], language)
    if zh:
        who = f"评估报告由委托人{'和' + users if users else ''}使用。"
        lines = (
            f"评估目的：{purpose}。价值类型：{value}。评估基准日：{_day(data['base_date'], language)}。",
            f"{who}除法律规定外，任何一方不得超出载明的目的和使用人使用评估报告（资产评估法第三十二条）。",
            "评估结论自评估基准日起一年内有效，期间情况有重大变化的应当重新评估。",
        )
    else:
        who = f"The report is used by the client{' and ' + users if users else ''}."
        lines = (
            f"Purpose: {purpose}. Type of value: {value}. Base date: {_day(data['base_date'], language)}.",
            f"{who} Nobody may use it beyond the purpose and the users named (Appraisal Law, article 32).",
            "The conclusion may be used for a year from the base date; after material changes a new appraisal is due.",
        )
    return Clause("评估目的、基准日和使用范围" if zh else "Purpose, base date and use", lines, rules=("APR-SCOPE",))


def _report(data: Facts, language: Language) -> Clause:
    zh = language == "zh"
    methods = listed([say(METHOD_SHORT, one, language) for one in data["methods"]], language)
    if zh:
        lines = [
            f"机构于资料齐备后 {data['days']} 日内、不迟于 {_day(data['report_due'], language)} 在平台出具中英文"
            "评估报告，加盖机构印章，并附可复算的数据文件。",
            "机构指定至少两名评估专业人员承办，进行现场调查，除准则另有规定外选用两种以上方法，经内部审核后"
            "由至少两名承办人员签名（资产评估法第二十四条至第二十八条）。",
        ]
        lines += [f"报价时拟采用的方法：{methods}。机构可依据资料调整并在报告中说明理由。"] if methods else []
    else:
        lines = [
            f"The agency issues the report on the platform, in Chinese and English, sealed and with its recomputable "
            f"data file, within {data['days']} days of complete data and no later than "
            f"{_day(data['report_due'], language)}.",
            "It assigns at least two appraisers, investigates on site, uses two methods or more unless the standards "
            "allow one, has the report reviewed inside and signed by at least two who did the work (Appraisal Law, "
            "articles 24 to 28).",
        ]
        lines += (
            [f"Methods named in the quote: {methods}. The agency may change them and gives its reasons in the report."]
            if methods
            else []
        )
    return Clause("评估报告" if zh else "The report", tuple(lines), rules=("APR-TWO", "APR-METHODS"))


def _fee(data: Facts, language: Language) -> Clause:
    zh = language == "zh"
    if zh:
        lines = (
            f"评估服务费为固定金额{_money(data, language)}，含 {data['tax_pct']}% 税款，不随评估结论变动。",
            "本合同签署后，委托人于十五日内将服务费交平台存管；评估报告出具后，平台向机构放款，机构开具发票。",
            "任何一方不得索要、收受或者变相索要、收受回扣（资产评估法第二十条、第二十三条）。",
        )
    else:
        lines = (
            f"The fee is a fixed sum of {_money(data, language)}, {data['tax_pct']}% tax included. It does not follow "
            "the conclusion.",
            "Within fifteen days of this contract’s signature the client pays it into the platform’s holding. The "
            "platform releases it to the agency when the report is issued; the agency invoices it.",
            "Neither side asks for or takes a kickback in any form (Appraisal Law, articles 20 and 23).",
        )
    return Clause("服务费及支付" if zh else "The fee", lines, rules=("APR-CONFLICT",))


def _client_duties(data: Facts, language: Language) -> Clause:
    zh = language == "zh"
    return Clause(
        "委托人的权利义务" if zh else "The client",
        (
            "委托人按机构列明的清单和期限提供权属证明、财务会计信息和其他资料，并对其真实性、完整性和合法性负责。",
            "委托人不得干预评估，不得以预先设定的价值作为评估结论。",
            "委托人对评估结论有异议的，可以要求机构解释。",
        )
        if zh
        else (
            "The client hands in title papers, accounts and other data on the agency’s list by the days it names, and "
            "answers for their being true, complete and lawful.",
            "The client does not interfere. No value set beforehand becomes the conclusion.",
            "Where it doubts the conclusion, the client may ask the agency to explain it.",
        ),
    )


@enforces("APR-ARCHIVE", "APR-CONFLICT")
def _agency_duties(data: Facts, language: Language) -> Clause:
    zh, years = language == "zh", data["archive_years"]
    return Clause(
        "机构的权利义务" if zh else "The agency",
        (
            "机构声明其及承办人员与委托人、相关当事人和评估对象没有利害关系，且未就同一对象接受对方当事人的委托。",
            "委托人拒绝提供或者不如实提供资料的，机构可以拒绝履行；有人要求出具虚假报告或者非法干预的，机构可以解除"
            "合同（资产评估法第十八条、第十九条）。",
            f"机构及承办人员对获知的国家秘密、商业秘密和个人隐私保密，评估档案自报告出具之日起保存不少于 {years} 年。",
        )
        if zh
        else (
            "The agency declares that neither it nor its appraisers have an interest in the client, the other parties "
            "or the rights, and that no other side has engaged it about them.",
            "Where data is withheld or untrue the agency may refuse to go on; where a false report is asked for or the "
            "work unlawfully interfered with it may end the contract (Appraisal Law, articles 18 and 19).",
            "Agency and appraisers keep state and trade secrets and personal data to themselves. The file is kept for "
            f"{years} years or more from the day of the report.",
        ),
        rules=("APR-ARCHIVE", "APR-CONFLICT"),
    )


def _ending(data: Facts, language: Language) -> Clause:
    zh, share = language == "zh", data["work_done_pct"]
    return Clause(
        "变更、解除和违约" if zh else "Change, end and breach",
        (
            "目的、对象、基准日或者使用人需要变更的，双方另行签署本合同的新版本。",
            f"服务费存管前，任何一方可以退出；存管后、起草前解除的，服务费全额退还；起草开始后委托人解除的，"
            f"机构取得服务费的 {share}%，其余退还；机构解除的，服务费全额退还。",
            "一方违约造成损失的，依法赔偿；机构的赔偿以其过错为限。",
        )
        if zh
        else (
            "A change of purpose, rights, base date or users needs a new version of this contract, signed by both.",
            "Until the fee is held either side may step back. Ended after that but before drafting has begun, the fee "
            f"goes back whole. Ended by the client later, the agency receives {share}% of it and the rest goes back. "
            "Ended by the agency, it goes back whole.",
            "Whoever breaches this contract makes good the loss by law; the agency answers for its fault.",
        ),
    )


def _disputes(data: Facts, language: Language) -> Clause:
    zh = language == "zh"
    return Clause(
        "争议解决和生效" if zh else "Disputes and effect",
        (
            "争议由双方协商解决；协商不成的，向被告住所地有管辖权的人民法院起诉。",
            "本合同自双方在平台完成电子签名之日起生效；中文文本与英文文本不一致的，以中文文本为准。",
        )
        if zh
        else (
            "Disputes are talked over first; failing that, the people’s court with jurisdiction at the defendant’s "
            "seat decides.",
            "This contract takes effect when both have signed electronically on the platform. The Chinese text "
            "prevails over the English one.",
        ),
        rules=("ES-RELIABLE",),
    )


CLAUSES = (_object, _use, _report, _fee, _client_duties, _agency_duties, _ending, _disputes)
