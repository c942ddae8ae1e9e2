"""The words that the market itself puts on a document, in both languages.

They stand here and not in the catalogues, because a signed text must not change when a translation is polished.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import timezone

from marketplace.signing.paper import Language

PAPER: dict[Language, dict[str, str]] = {
    "zh": {
        "number": "文件编号",
        "version": "版本",
        "other": "本文件另有英文文本；两种文本不一致时，以中文文本为准。",
        "signatures": "签署",
        "how": "各方按下列顺序以电子方式签署。每次签署均须由有权签字人重新验证第二因素，"
        "并记明所签文本的 SHA-256 散列值、签署人和签署时间；"
        "全部签署后由平台附签署页并加盖电子印章。",
        "capacity": "身份",
        "party": "签署方",
        "annex": "附件",
    },
    "en": {
        "number": "Document",
        "version": "version",
        "other": "There is a Chinese text of this document. Where the two differ, the Chinese text counts.",
        "signatures": "Signatures",
        "how": "The parties sign electronically in the order below. Each signature takes a second factor shown anew by "
        "an authorised signatory and records the SHA-256 hash of the text signed, the signer and the time. When all "
        "have signed, the platform appends the page of signatures and seals the file.",
        "capacity": "Capacity",
        "party": "Signer",
        "annex": "Annex",
    },
}
SIGNATURES: dict[Language, dict[str, str]] = {
    "zh": {
        "title": "签署页",
        "number": "文件编号",
        "version": "版本",
        "text": "下列各方签署的是本页之前的全部内容，其散列值如下。"
        "将本文件截去本页及印章部分，即得所签原文，可自行核对散列值。",
        "hash_zh": "中文文本",
        "hash_en": "英文文本",
        "mark": "签",
        "capacity": "身份",
        "person": "签署人",
        "at": "签署时间",
        "factor": "验证方式",
        "sealed": "平台印章",
        "sealed_by": "证书主体",
        "fingerprint": "证书指纹",
        "sealed_at": "盖章时间",
        "demo": "演示证书：本印章所用证书由演示系统自行生成，未经依法设立的电子认证服务提供者签发，不具有法律效力。",
        "verify": "可在下列网址上传本文件或输入散列值进行验证：",
        "totp": "一次性验证码（验证器应用）",
        "webauthn": "通行密钥或安全密钥",
    },
    "en": {
        "title": "Page of signatures",
        "number": "Document",
        "version": "version",
        "text": "The parties below signed everything that stands before this page, whose hashes follow. Without this "
        "page and the seal the file is the text they signed, and its hash can be taken by anybody.",
        "hash_zh": "Chinese text",
        "hash_en": "English text",
        "mark": "签",
        "capacity": "Capacity",
        "person": "Signed by",
        "at": "Time",
        "factor": "Proof",
        "sealed": "Seal of the platform",
        "sealed_by": "Certificate",
        "fingerprint": "Fingerprint",
        "sealed_at": "Sealed at",
        "demo": "Demo certificate: the demonstration made the certificate of this seal itself. No licensed "
        "certification provider issued it, and it has no legal effect.",
        "verify": "This file, or its hash, can be checked at:",
        "totp": "one-time code of an authenticator app",
        "webauthn": "passkey or security key",
    },
}
ALSO: dict[Language, str] = {"zh": "", "en": "en/"}


def market_name(language: Language) -> str:
    return str(settings.MARKET_NAME_ZH if language == "zh" else settings.MARKET_NAME_EN)


def written(moment: datetime) -> str:
    """A moment to the second with its offset: 2026-11-23 14:20:37+08:00."""
    return timezone.localtime(moment).isoformat(sep=" ", timespec="seconds")


def verify_address(language: Language) -> str:
    """Where anybody checks a file, in the reader's language."""
    return f"{settings.SITE_URL}/{ALSO[language]}verify/"
