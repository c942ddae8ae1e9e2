"""Clauses on the rights themselves: which they are, whose they are, what becomes of them."""

from __future__ import annotations

from datetime import date

from listings.deals.contracts import writing
from listings.deals.contracts.particulars import ContractKind, ContractTerms
from marketplace.signing.paper import Clause, Language, Table

KINDS = {
    "invention": ("发明", "invention"),
    "utility_model": ("实用新型", "utility model"),
    "design": ("外观设计", "design"),
    "plant": ("植物", "plant"),
    "other": ("其他", "other"),
}


def names(terms: ContractTerms, language: Language) -> tuple[str, str]:
    """What the parties are called: 转让方 and 受让方, Assignor and Assignee; or licensor and licensee."""
    if terms.kind == ContractKind.ASSIGNMENT:
        return ("转让方", "受让方") if language == "zh" else ("the Assignor", "the Assignee")
    if terms.kind == ContractKind.OPEN:
        return ("专利权人", "被许可人") if language == "zh" else ("the Patentee", "the Licensee")
    return ("许可方", "被许可方") if language == "zh" else ("the Licensor", "the Licensee")


def the_rights(terms: ContractTerms, language: Language) -> Clause:
    """Which rights: everything that Civil Code 845(3) wants named, in a table."""
    zh = language == "zh"
    heads = (
        ("序号", "名称与类型", "申请号 / 专利号", "申请人 / 权利人", "申请日 / 授权日", "届满日")
        if zh
        else ("No.", "Name and kind", "Application / patent no.", "Applicant / owner", "Filed / granted", "Valid until")
    )
    rows = []
    for index, right in enumerate(terms.rights, start=1):
        kind = KINDS.get(right.kind, KINDS["other"])[0 if zh else 1]
        pending = "" if right.is_granted else ("，专利申请（申请中）" if zh else ", application (pending)")
        title = (right.title_zh or right.title_en) if zh else (right.title_en or right.title_zh)
        numbers = [right.application_number, right.patent_number if right.is_granted else ""]
        people = [right.applicant, right.owner if right.owner != right.applicant else ""]
        dates = [_iso(right.filed_on), _iso(right.granted_on) if right.is_granted else ""]
        until = _iso(right.expires_on) if right.is_granted else ("尚未授权" if zh else "not granted")
        rows.append(
            (
                str(index),
                f"{title}\n{kind}{pending}",
                _lines(numbers, unbroken=True),
                _lines(people),
                _lines(dates),
                until,
            )
        )
    said = (
        "本合同所称“标的权利”为下表所列专利和专利申请，包括由其产生的授权专利。表中信息以签署时国家知识产权局登记的内容为准。"
        if zh
        else "“The Rights” are the patents and applications in the table, with the patents granted on them. What the "
        "register of the patent office says at signing counts."
    )
    return Clause(
        "标的权利" if zh else "The rights",
        (said,),
        Table(heads, tuple(rows), (4, 12, 12, 11, 8, 8)),
        ("LIC-CONTENT", "LIC-REFUSE-03"),
    )


def warranty(terms: ContractTerms, language: Language) -> Clause:
    """Civil Code 870, with co-owners and earlier licences named."""
    zh = language == "zh"
    holder, taker = names(terms, language)
    co_owners = writing.listed(terms.co_owners, language)
    earlier = writing.places(terms.earlier_licences, language)
    rules = ["LIC-WARRANTY", "PAT-COOWN-ALL" if terms.kind != ContractKind.ORDINARY else "PAT-COOWN-LICENCE"]
    if zh:
        said = [
            f"{holder}保证其为标的权利的合法拥有者，有权订立并履行本合同；所提供的技术完整、无误、有效，能够达到双方约定的目标。",
            f"{holder}保证，除本合同载明的以外，标的权利上不存在质押、许可、财产保全、权属争议或无效宣告程序，年费已经缴纳至签署之日。"
            + (f"已有的许可为：{earlier}。" if earlier else ""),
            f"{taker}按约使用标的权利侵害他人合法权益的，由{holder}承担责任，但因{taker}自行改变技术或者与其他技术结合而产生的除外。",
        ]
        if co_owners:
            said.insert(
                1,
                f"标的权利由{holder}与下列共有人共有：{co_owners}。本合同须经共有人书面同意；同意应针对本合同的本版文本作出。",
            )
    else:
        said = [
            f"{_cap(holder)} warrants that it lawfully owns the Rights and may make and perform this contract, and that "
            "the technology it provides is complete, free of error, effective, and able to reach the agreed aim.",
            f"{_cap(holder)} warrants that, beyond what this contract names, no pledge, licence, preservation order, "
            "dispute over ownership or invalidation proceeding touches the Rights, and that annuities are paid up to the "
            "day of signing." + (f" Earlier licences: {earlier}." if earlier else ""),
            f"Where {taker} uses the Rights as agreed and infringes the rights of others, {holder} answers for it, unless "
            f"{taker} changed the technology or joined it with other technology.",
        ]
        if co_owners:
            said.insert(
                1,
                f"{_cap(holder)} owns the Rights together with: {co_owners}. This contract needs their written consent, "
                "given to this very version of the text.",
            )
    return Clause("权利保证" if zh else "Warranty of title", tuple(said), None, tuple(rules))


def pledge(terms: ContractTerms, language: Language) -> Clause:
    """Civil Code 444(2): no transfer or licence without the pledgee; proceeds go to early repayment or deposit."""
    zh = language == "zh"
    holder, _taker = names(terms, language)
    if terms.pledgee is None:
        said = (
            f"截至签署之日，标的权利未设质押。此后至本合同履行完毕前，{holder}不得以标的权利出质。"
            if zh
            else f"On the day of signing no pledge lies on the Rights. Until this contract is performed, {holder} does not "
            "pledge them."
        )
        return Clause("质押" if zh else "Pledge", (said,), None, ("PLG-NO-TRANSFER",))
    bank = writing.name(terms.pledgee, language)
    paragraphs = (
        (
            f"标的权利已向{bank}（质权人）出质。本合同经质权人对本版文本书面同意后方可履行；文本变更的，须重新取得同意。",
            "所得价款先用于向质权人提前清偿所担保的债务或者提存，余额方归权利人。",
            "质权人受偿后应当配合办理质押登记的注销。任何条款均不得解释为债务人不履行债务时标的权利归质权人所有。",
        )
        if zh
        else (
            f"The Rights are pledged to {bank} (the pledgee). This contract is performed only after the pledgee has "
            "consented in writing to this version of the text; a changed text needs a new consent.",
            "The proceeds first repay the secured debt early, or are deposited; only what remains goes to the owner.",
            "Once paid, the pledgee helps to cancel the registration of the pledge. No clause means that the pledgee "
            "becomes the owner on default.",
        )
    )
    return Clause("质押" if zh else "Pledge", paragraphs, None, ("PLG-NO-TRANSFER", "PLG-NO-FORFEIT"))


def invalidity(terms: ContractTerms, language: Language) -> Clause:
    """Patent Law 47: void from the start; what was performed stands unless bad faith or plainly unfair."""
    zh = language == "zh"
    holder, taker = names(terms, language)
    said = (
        (
            "标的权利被宣告无效的，视为自始即不存在。",
            "无效宣告决定生效前已经履行的部分不具有追溯力；但因恶意造成损失的应当赔偿，不返还明显违反公平原则的，应当全部或者部分返还。",
            f"尚未支付的价款不再支付；部分权利或者部分权利要求被宣告无效的，双方按其占全部标的的比重调减价款，协商不成的，{taker}有权解除相应部分。",
            f"有人请求宣告标的权利无效时，知悉的一方应当在五个工作日内通知对方；{holder}应当答辩，{taker}予以协助。"
            if terms.kind != ContractKind.ASSIGNMENT
            else f"登记日之前有人请求宣告无效的，{holder}应当答辩；登记日之后由{taker}答辩，{holder}予以协助。",
        )
        if zh
        else (
            "A Right declared invalid is deemed never to have existed.",
            "The declaration does not reach back to what was performed before it took effect; damage caused in bad faith "
            "is made good, and where keeping the payment would be plainly unfair it is repaid in whole or in part.",
            "What has not been paid is no longer owed. Where only some of the Rights or claims fall, the price is reduced "
            f"by their weight in the whole; failing agreement, {taker} may end the contract for that part.",
            f"Whoever learns of a request for invalidation tells the other within five working days; {holder} defends, "
            f"and {taker} assists."
            if terms.kind != ContractKind.ASSIGNMENT
            else f"A request made before the day of registration is answered by {holder}; a later one by {taker}, with "
            f"{holder} assisting.",
        )
    )
    return Clause("无效宣告" if zh else "Invalidation", said, None, ("PAT-INVALID-RETRO",))


def improvements(terms: ContractTerms, language: Language) -> Clause:
    """Civil Code 875 and 850, 864: improvements belong to their maker; competition is not restricted."""
    zh = language == "zh"
    said = (
        (
            "一方对标的技术作出的后续改进，其成果归作出改进的一方；另一方无权分享，双方另有书面约定的除外。",
            "本合同不限制任何一方改进技术、使用改进的技术、从其他来源取得竞争性技术，也不要求无偿回授改进、购买不必要的技术、原材料、设备或者服务。"
            "任何条款不得解释为限制技术竞争和技术发展；与此相抵触的约定无效。",
        )
        if zh
        else (
            "Improvements belong to the party that makes them; the other has no share in them unless both agree in "
            "writing.",
            "Nothing here keeps a party from improving the technology, from using improvements, or from taking competing "
            "technology from others; nobody must grant improvements back for nothing, or buy technology, materials, "
            "equipment or services that are not needed. No clause restricts competition in technology or its progress; "
            "one that would is void.",
        )
    )
    return Clause(
        "后续改进与技术竞争" if zh else "Improvements and competition", said, None, ("LIC-IMPROVE", "LIC-NO-RESTRICT")
    )


def inventors(terms: ContractTerms, language: Language) -> Clause | None:
    """Civil Code 847: first refusal of the inventors of a service achievement that is assigned."""
    if not terms.is_service_invention:
        return None
    zh = language == "zh"
    holder, _taker = names(terms, language)
    said = (
        f"标的权利为职务技术成果。{holder}已书面告知完成人以同等条件优先受让的权利；完成人在本版文本上表示放弃或者逾期未行使的，方可履行本合同。"
        f"对完成人的奖励和报酬由{holder}依法支付。"
        if zh
        else f"The Rights are service achievements. {_cap(holder)} has told the inventors in writing of their right to take "
        "them on equal terms; this contract is performed once they waive it on this version or let the time pass. "
        f"{_cap(holder)} pays the inventors’ reward and remuneration as the law says."
    )
    return Clause("完成人优先受让权" if zh else "Inventors’ first refusal", (said,), None, ("PAT-INVENTOR-FIRST",))


def abroad(terms: ContractTerms, language: Language) -> Clause | None:
    """Technology export and import rules for a party outside the mainland."""
    if not terms.is_abroad:
        return None
    zh = language == "zh"
    said = (
        (
            "本合同涉及向境外或者自境外转移技术。属于禁止进出口的技术不得成交；属于限制进出口的技术，本合同自取得许可证之日起生效；属于自由进出口的技术，"
            "自成立时生效，并应当办理合同登记。",
            "向国家知识产权局办理登记时，应当提交技术出口许可证或者自由出口技术合同登记证书。合同主要内容变更的，应当重新办理许可或者登记。",
        )
        if zh
        else (
            "Technology passes out of or into the mainland. Prohibited technology is not dealt in. For restricted "
            "technology this contract takes effect on the day the licence is issued; for free technology when it is made, "
            "and it is registered.",
            "The export licence or the certificate of registration is filed with the patent office. When the main content "
            "changes, licence or registration is sought anew.",
        )
    )
    rules = ("XB-PROHIBITED", "XB-RESTRICTED", "XB-FREE", "XB-RECORD", "XB-CHANGE")
    return Clause("技术进出口" if zh else "Technology export and import", said, None, rules)


def _iso(value: date | None) -> str:
    return value.isoformat() if value else "—"


def _lines(words: list[str], *, unbroken: bool = False) -> str:
    """The words that are there, one a line; numbers keep together by no-break spaces."""
    found = [word for word in words if word]
    return "\n".join(word.replace(" ", "\u00a0") if unbroken else word for word in found)


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]
