"""Clauses of licences only: what kind, where, for what, how long; sub-licences, upkeep, standing, recordal."""

from __future__ import annotations

from listings.deals.contracts import writing
from listings.deals.contracts.clauses.money import does
from listings.deals.contracts.clauses.rights import names
from listings.deals.contracts.particulars import ContractKind, ContractTerms
from marketplace.signing.paper import Clause, Language

KINDS = {
    ContractKind.EXCLUSIVE: (
        "本许可为独占许可：在下列地域、领域和期限内，只有被许可方可以实施标的权利，许可方不得自行实施，也不得许可任何第三人实施。",
        "This is an exclusive licence: in the territory, field and period below only the Licensee may work the Rights. The "
        "Licensor neither works them itself nor lets anybody else do so.",
    ),
    ContractKind.SOLE: (
        "本许可为排他许可：在下列地域、领域和期限内，只有被许可方和许可方可以实施标的权利，许可方不得许可任何第三人实施；"
        "许可方不具备独立实施条件，以一个普通许可的方式许可他人实施的，视为自行实施。",
        "This is a sole licence: in the territory, field and period below only the Licensee and the Licensor may work the "
        "Rights, and the Licensor lets nobody else do so. Where the Licensor cannot work them by itself and does so through "
        "one ordinary licence, that counts as its own working.",
    ),
    ContractKind.ORDINARY: (
        "本许可为普通许可：被许可方可以在下列地域、领域和期限内实施标的权利，许可方可以自行实施，也可以许可他人实施。",
        "This is an ordinary licence: the Licensee may work the Rights in the territory, field and period below. The Licensor "
        "may work them too, and license others.",
    ),
}


def grant(terms: ContractTerms, language: Language) -> Clause:
    """The kind of licence and its scope (K 25): territory, field, acts, period within the life of the right (C 865)."""
    zh = language == "zh"
    kind = KINDS[ContractKind(terms.kind)][0 if zh else 1]
    if zh:
        where = writing.places(terms.territories, language) or "标的权利有效的全部地域"
        uses = writing.listed(terms.fields, language)
        uses = f"国际专利分类号 {uses} 所涉的技术领域" if uses else "全部技术领域"
        begin = writing.day(terms.starts_on, language) if terms.starts_on else "本合同生效之日"
        end = writing.day(terms.ends_on, language) if terms.ends_on else "标的权利有效期届满之日"
        scope = [
            kind,
            f"地域：{where}。领域：{uses}。期限：自{begin}起至{end}止。",
            "实施方式：制造、使用、许诺销售、销售、进口专利产品，使用专利方法以及使用、许诺销售、销售、进口依照该方法直接获得的产品。",
            "标的权利有效期届满、终止或者被宣告无效的，许可随之终止；许可方不得就此再行许可或者收取此后的费用。",
        ]
        if not terms.all_granted:
            scope.append(
                "专利申请授权之前，被许可方依本合同使用申请公开的技术方案；授权之后，本许可自动及于授权的专利。"
            )
    else:
        where = writing.places(terms.territories, language) or "everywhere the Rights have effect"
        uses = writing.listed(terms.fields, language)
        uses = f"the fields of IPC {uses}" if uses else "all fields"
        begin = writing.day(terms.starts_on, language) if terms.starts_on else "the day this contract takes effect"
        end = writing.day(terms.ends_on, language) if terms.ends_on else "the day the Rights end"
        scope = [
            kind,
            f"Territory: {where}. Field: {uses}. Period: from {begin} to {end}.",
            "Acts: making, using, offering for sale, selling and importing the patented product; using the patented process, "
            "and using, offering, selling and importing what it directly yields.",
            "When a Right expires, ends or is declared invalid, the licence of it ends; the Licensor neither licenses it again "
            "nor charges for the time after.",
        ]
        if not terms.all_granted:
            scope.append(
                "Before grant the Licensee uses the published solution under this contract; after grant the licence extends to "
                "the patent by itself."
            )
    rules = (
        "LIC-COMPAT",
        "LIC-DEFAULT-TYPE",
        "LIC-TERM",
        *(("LIC-SOLE-SUB",) if terms.kind == ContractKind.SOLE else ()),
    )
    return Clause("许可的方式与范围" if zh else "Kind and scope of the licence", tuple(scope), None, rules)


def sublicence(terms: ContractTerms, language: Language) -> Clause:
    """Civil Code 867: no sub-licence unless agreed; one that is permitted is ordinary."""
    zh = language == "zh"
    if terms.may_sublicense:
        said = (
            "被许可方可以许可第三人实施标的权利。分许可为普通许可，其范围和期限不得超出本许可；被许可方应当在订立后 15 日内书面告知许可方，并对分被许可人的行为负责。"
            if zh
            else "The Licensee may grant sub-licences. They are ordinary licences within the scope and period of this one; the "
            "Licensee tells the Licensor in writing within 15 days and answers for its sub-licensees."
        )
    else:
        said = (
            "未经许可方书面同意，被许可方不得许可本合同以外的第三人实施标的权利，也不得将本合同的权利转让给他人。"
            if zh
            else "Without the Licensor’s written consent the Licensee lets nobody outside this contract work the Rights and does "
            "not assign this contract."
        )
    return Clause("分许可" if zh else "Sub-licences", (said,), None, ("LIC-NO-SUB",))


def upkeep(terms: ContractTerms, language: Language) -> Clause:
    """Interpretation on technology contracts, 26: the licensor pays annuities and defends, unless agreed otherwise."""
    zh = language == "zh"
    payer = does(terms.annuity_by, terms, language, by_law="holder")
    said = (
        (
            f"许可方在许可期限内负有维持标的权利有效的义务，包括按期缴纳年费和答辩他人提出的无效宣告请求。年费由{payer}承担；由被许可方承担的，"
            "许可方仍应当及时通知缴纳，或者代缴后由被许可方补偿。",
            "许可方不得放弃标的权利。许可方转让标的权利的，本许可继续有效，许可方应当将本合同告知受让人。",
        )
        if zh
        else (
            "During the licence the Licensor keeps the Rights in force: it pays annuities in time and answers requests for "
            f"invalidation. Annuities are borne by {payer}; where that is the Licensee, the Licensor still gives notice in "
            "time, or pays and is reimbursed.",
            "The Licensor does not abandon the Rights. If it assigns them, this licence stays in force and the Licensor tells "
            "the assignee of it.",
        )
    )
    return Clause("权利的维持" if zh else "Keeping the rights in force", said, None, ("LIC-KEEP-ALIVE",))


def standing(terms: ContractTerms, language: Language) -> Clause:
    """Who may go to court: exclusive alone, sole if the owner does not, ordinary only if authorised."""
    zh = language == "zh"
    words = {
        ContractKind.EXCLUSIVE: (
            "发现侵权的，被许可方可以单独提起诉讼或者申请诉前措施，许可方予以配合。",
            "On infringement the Licensee may sue or ask for interim measures alone; the Licensor helps.",
        ),
        ContractKind.SOLE: (
            "发现侵权的，双方可以共同起诉；许可方不起诉的，被许可方可以自行提起诉讼或者申请诉前措施。",
            "On infringement both may sue together; where the Licensor does not, the Licensee may sue or ask for interim "
            "measures by itself.",
        ),
        ContractKind.ORDINARY: (
            "发现侵权的，被许可方应当通知许可方；未经许可方书面明确授权，被许可方不得自行起诉。",
            "On infringement the Licensee tells the Licensor and does not sue unless the Licensor has expressly authorised it "
            "in writing.",
        ),
    }
    said = words[ContractKind(terms.kind)][0 if zh else 1]
    return Clause("侵权的处理" if zh else "Infringement by others", (said,), None, ("LIC-STANDING",))


def recordal(terms: ContractTerms, language: Language) -> Clause:
    """Implementing Rules 15(2): recordal with the patent office within three months of effect."""
    zh = language == "zh"
    records = does(terms.records, terms, language, by_law="split")
    said = (
        (
            f"双方应当自本合同生效之日起三个月内向国家知识产权局办理许可备案，由{records}提交，另一方提供所需文件。",
            "备案的内容变更、许可提前终止的，双方应当及时办理变更或者注销备案。",
        )
        if zh
        else (
            "Within three months after this contract takes effect the licence is filed for recordal with the patent office by "
            f"{records}; the other provides what is needed.",
            "When what was recorded changes, or the licence ends early, the recordal is changed or cancelled without delay.",
        )
    )
    return Clause("许可备案" if zh else "Recordal of the licence", said, None, ("LIC-RECORD-3M",))


def technology(terms: ContractTerms, language: Language) -> Clause:
    zh = language == "zh"
    holder, taker = names(terms, language)
    said = (
        f"{holder}应当于生效之日起 15 日内向{taker}交付实施标的权利所必需的技术资料，并提供合理的技术指导；验收以资料齐全、按资料能够实施为准。"
        if zh
        else f"Within 15 days after this contract takes effect {holder} hands {taker} the technical papers needed to work the "
        "Rights and gives guidance within reason; they are accepted when complete and when the Rights can be worked by them."
    )
    return Clause("技术资料与指导" if zh else "Technical papers and guidance", (said,), None, ())
