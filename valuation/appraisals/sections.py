"""The parts of a report that are written in words: what each is called, whether it must be there, what it starts from.

The order is the one in which asset appraisal reports are read in China; domain notes name what a patent report must
state (law, technology, economy, licences, pledges, litigation, special notices, limits of use).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import Sentence


@dataclass(frozen=True, slots=True)
class Section:
    """One part in words. `start_zh` and `start_en` stand in a new draft for the appraiser to change."""

    name: str
    label: Sentence
    help: Sentence
    is_required: bool = True
    start_zh: str = ""
    start_en: str = ""


SECTIONS: tuple[Section, ...] = (
    Section(
        "legal",
        _("Legal facts"),
        _("Owner, status, claims, term, licences, pledges, disputes, annuities."),
    ),
    Section(
        "technical",
        _("Technical facts"),
        _("What problem it solves and how, maturity, alternatives, trend of the field."),
    ),
    Section(
        "economic",
        _("Economic facts"),
        _("Products and sales, market, competition, costs of development."),
    ),
    Section(
        "basis",
        _("Grounds of the appraisal"),
        _("Laws, standards and documents relied on."),
        start_zh="《中华人民共和国资产评估法》；《资产评估基本准则》；《专利资产评估指导意见》（中评协〔2017〕49号）；"
        "委托人提供的权属证明、财务与经营资料；评估人员收集的市场资料。",
        start_en="Asset Appraisal Law of the People’s Republic of China; Basic Standards for Asset Appraisal; "
        "Guideline on "
        "Patent Asset Appraisal (CAS 2017, No. 49); title documents, accounts and business data supplied by "
        "the client; "
        "market data gathered by the appraisers.",
    ),
    Section(
        "process",
        _("How the work was done"),
        _("Engagement, data, site visit, estimation, internal review."),
        start_zh="接受委托并订立评估委托，核查权属与资料，实施现场调查，选取方法并测算，完成内部审核后出具报告。",
        start_en="The engagement was accepted, title and data were checked, the site was visited, methods were chosen "
        "and "
        "applied, and the report was issued after internal review.",
    ),
    Section(
        "assumptions",
        _("Assumptions"),
        _("What the conclusion takes for granted; figures and their reasons stand with each method."),
        start_zh="交易假设、公开市场假设、资产持续使用假设；专利权在剩余法定保护期内按期缴纳年费并维持有效；"
        "委托人提供的资料真实、完整。",
        start_en="That the right is traded, in an open market, and stays in use; that annuities are paid and the right "
        "stays in force for the rest of its term; that what the client supplied is true and complete.",
    ),
    Section(
        "reason",
        _("Reasoning of the conclusion"),
        _("Why the methods differ, and why each has its weight."),
    ),
    Section(
        "notices",
        _("Special notices"),
        _("Liens, suits, annuities due, defects of title, events after the base date. Say so where there are none."),
    ),
    Section(
        "restrictions",
        _("Restrictions of use"),
        _("Who may use the report, for what, until when."),
        start_zh="本报告仅供载明的委托人和使用人按载明的评估目的使用；未经同意不得将内容用于其他目的或向公众披露；"
        "评估结论不是对可实现价格的保证。",
        start_en="The report is for the client and users named and for the purpose stated; it may not be used for "
        "another "
        "purpose or published without consent; the conclusion is no promise of a price that can be obtained.",
    ),
)
BY_NAME = {one.name: one for one in SECTIONS}


def beginning() -> dict[str, dict[str, str]]:
    """The words a new draft starts from."""
    return {one.name: {"zh": one.start_zh, "en": one.start_en} for one in SECTIONS if one.start_zh}
