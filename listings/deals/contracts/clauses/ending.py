"""Clauses that end every contract: secrecy, disputes, signature, further conditions."""

from __future__ import annotations

from listings.deals.contracts.particulars import ContractTerms
from marketplace.signing.paper import Clause, Language


def secrecy(terms: ContractTerms, language: Language) -> Clause:
    zh = language == "zh"
    said = (
        "双方对履行本合同中知悉的未公开技术信息和经营信息负有保密义务，该义务在本合同终止后三年内继续有效；法律要求披露、已为公众所知或者由权利人同意披露的除外。"
        "双方此前签署的保密协议继续有效。"
        if zh
        else "Each party keeps secret what it learns of the other’s unpublished technology and business while performing this "
        "contract, and for three years after its end, unless the law demands disclosure, the public knows it already, or "
        "its owner agrees. A confidentiality agreement the parties have signed stays in force."
    )
    return Clause("保密" if zh else "Confidentiality", (said,), None, ())


def disputes(terms: ContractTerms, language: Language) -> Clause:
    zh = language == "zh"
    said = (
        (
            "本合同适用中华人民共和国法律。发生争议的，双方先行协商；协商不成的，可以在平台提出争议、提交证据并由平台组织调解，调解期间暂停放款。",
            "调解不成的，任何一方可以向被告住所地有管辖权的人民法院提起诉讼。平台依生效法律文书或者双方的书面一致意见处理存管的价款。",
        )
        if zh
        else (
            "The law of the People’s Republic of China applies. The parties first talk; failing that, either may raise a "
            "dispute on the platform, where evidence is taken and a settlement is sought, and payouts stop meanwhile.",
            "Failing settlement, either may sue in the competent court at the defendant’s domicile. The platform deals with "
            "the money it holds as an effective judgment or both parties together in writing direct.",
        )
    )
    return Clause("争议解决" if zh else "Disputes", said, None, ())


def conditions(terms: ContractTerms, language: Language) -> Clause | None:
    """What the parties added themselves, printed as they wrote it."""
    if not terms.conditions.strip():
        return None
    zh = language == "zh"
    lines = tuple(line.strip() for line in terms.conditions.splitlines() if line.strip())
    return Clause("双方的其他约定" if zh else "Further conditions of the parties", lines, None, ())


def signature(terms: ContractTerms, language: Language) -> Clause:
    """Electronic Signature Law 13 and 14; written form; which text counts."""
    zh = language == "zh"
    said = (
        (
            "双方同意以电子方式订立本合同。由有权签字人以专有且独自控制的第二因素完成、并能发现签署后任何改动的电子签名，与手写签名或者盖章具有同等法律效力；"
            "由此订立的合同为书面合同。",
            "本合同自各方全部签署之日起成立并生效；法律规定须经许可、登记或者他人同意的，从其规定。对本合同的变更须形成新版本并由各方重新签署。",
            "本合同以中文、英文两种文本签署，不一致时以中文文本为准。",
        )
        if zh
        else (
            "The parties make this contract electronically. A signature made by an authorised signatory with a second "
            "factor that is theirs alone and under their sole control, after which any change can be found, has the force "
            "of a signature by hand or a seal; a contract so made is in writing.",
            "It is made and takes effect on the day all have signed, save where the law asks for a licence, a registration "
            "or the consent of others. A change takes a new version that all sign anew.",
            "It is signed in Chinese and English; where they differ, the Chinese text counts.",
        )
    )
    return Clause(
        "订立、生效与文本" if zh else "Making, effect and texts", said, None, ("ES-RELIABLE", "PAT-ASSIGN-WRITTEN")
    )
