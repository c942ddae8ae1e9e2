"""Spreadsheets of patents as Chinese databases export them and as holders keep them, and our own template.

A row is taken whole or refused whole. It needs a number; every other cell may be empty (``NA``, ``-``, ``/`` are
empty). A number that breaks its office's rule and a date that is none refuse the row and name the column, because
both are typing mistakes that only the person who has the paper can mend.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from fractions import Fraction

from ..numbers import (
    APPLICATION,
    DESIGN,
    INVENTION,
    OTHER,
    PLANT,
    PUBLICATION,
    UTILITY_MODEL,
    Number,
    NumberError,
    is_grant_code,
    parse,
)
from ..record import PartyIn, PatentIn
from .classes import locarno, symbols, unique
from .columns import (
    Cells,
    family_member,
    header_key,
    put_abstract,
    put_parties,
    put_publication,
    put_title,
    refuse_number,
)
from .limits import Refused
from .uspto import foreign_priority

_SPELLINGS: dict[str, str] = {
    "publication": (
        "公开公告号 公开号 公告号 公布号 公开公告号码 文献号 "
        "公开文献号 申请公布号 公开公布号 publicationnumber publicationno pubno"
    ),
    "grant_publication": "授权公告号 授权公开号 授权公告号码 grantpublicationnumber",
    "patent": "专利号 专利号码 专利编号 专利证书号 patentnumber patentno",
    "application": "申请号 专利申请号 申请号码 申请编号 applicationnumber applicationno applno",
    "title": (
        "专利名称 名称 标题 发明名称 题名 专利标题 专利题名 "
        "发明创造名称 标题中文 专利名称中文 名称中文 标题原文 title titlezh"
    ),
    "title_en": "标题英文 专利名称英文 英文名称 名称英文 英文标题 标题译文 titleen englishtitle",
    "abstract": "摘要 摘要文本 摘要中文 专利摘要 摘要原文 abstract abstractzh",
    "abstract_en": "摘要英文 英文摘要 摘要译文 abstracten",
    "first_claim": "主权项 主权项内容 首项权利要求 独立权利要求 主权利要求 firstclaim",
    "claims": "权利要求 权利要求书 claims",
    "applicants": (
        "申请专利权人 申请人 专利申请人 申请人专利权人 第一申请人 当前申请专利权人 申请人中文 applicant applicants"
    ),
    "owners": "专利权人 当前权利人 当前专利权人 权利人 现专利权人 专利权所有人 owner owners patentee currentowner",
    "inventors": "发明设计人 发明人 设计人 发明人设计人 发明人中文 当前发明人 inventor inventors",
    "main_ipc": "ipc主分类号 主分类号 主ipc ipc主分类 主分类 ipc主分类号小组 mainipc",
    "ipc": "ipc分类号 分类号 ipc ipc分类 国际专利分类号 国际分类号 专利分类号 ipcclasses",
    "cpc": "cpc分类号 cpc cpc分类 cpcclasses",
    "locarno": "洛迦诺分类号 洛迦诺分类 外观设计分类号 外观设计洛迦诺分类号 locarno locarnoclass",
    "filed": "申请日 申请日期 专利申请日 filingdate applicationdate filed",
    "published": (
        "公开公告日 公开日 公开公告日期 公开日期 公告日 公布日 公开公布日 申请公布日 publicationdate published"
    ),
    "granted": "授权日 授权日期 授权公告日 授权公告日期 专利授权日 grantdate granted",
    "expires": "失效日 到期日 预计到期日 专利到期日 届满日 失效日期 专利届满日 expirydate expirationdate",
    "status": (
        "法律状态 最新法律状态 专利权状态 当前法律状态 专利状态 "
        "法律状态有效性 简单法律状态 法律状态事件 有效性 legalstatus"
    ),
    "kind": "专利类型 类型 专利种类 文献类型 专利类别 patenttype type kind",
    "kind_code": "文献种类代码 公开类型代码 kindcode",
    "region": "国省代码 国省名称 申请人国省代码 申请人国家地区 省市 国别省市代码 regioncode",
    "address": (
        "地址 申请人地址 专利权人地址 申请专利权人地址 第一申请人地址 当前权利人地址 联系地址 address applicantaddress"
    ),
    "agency": "专利代理机构 代理机构 代理机构名称 agency agencyname",
    "agents": "代理人 专利代理人 代理师 专利代理师 agent agents",
    "priority": "优先权 优先权信息 优先权号 优先权项 优先权数据 priority",
    "pct": "国际申请 国际申请号 pct国际申请 pct申请号 pct pctnumber internationalapplication",
    "pct_publication": "国际公布 国际公开 国际公布号 国际公开号 pct国际公布",
    "family": "简单同族 同族专利 同族 简单同族专利 同族号 family familymembers",
    "cited_by": "被引用次数 被引次数 被引证次数 被引用专利数量 被引证专利数量 citedby citedbycount",
    "transfers": "累积专利转让次数 累计专利转让次数 转让次数 专利转让次数 transfercount",
    "licences": "累积专利许可次数 累计专利许可次数 许可次数 专利许可次数 licencecount licensecount",
    "pledged": "专利是否质押 是否质押 ispledged pledged",
    "shares": "权利人份额 份额 共有份额 ownershares shares",
    "office": "国家地区 公开国别 国别 受理局 专利局 受理机构 office country",
}
_FIELD_BY_KEY = {key: field for field, keys in _SPELLINGS.items() for key in keys.split()}
_NUMBER_FIELDS = frozenset(["publication", "grant_publication", "patent", "application"])
_TELLING_FIELDS = frozenset(
    ["title", "title_en", "applicants", "owners", "inventors", "filed", "status", "kind", "main_ipc", "ipc"]
)

_KINDS = (
    ("实用新型", UTILITY_MODEL),
    ("外观", DESIGN),
    ("发明", INVENTION),
    ("植物", PLANT),
    ("utility model", UTILITY_MODEL),
    ("design", DESIGN),
    ("plant", PLANT),
    ("invention", INVENTION),
    ("utility", INVENTION),
    ("patent", INVENTION),
)
_OFFICES = {
    "中国": "CN",
    "美国": "US",
    "日本": "JP",
    "韩国": "KR",
    "德国": "DE",
    "欧洲专利局": "EP",
    "欧专局": "EP",
    "英国": "GB",
    "法国": "FR",
    "世界知识产权组织": "WO",
    "中国台湾": "TW",
    "中国香港": "HK",
}
_SEPARATORS = re.compile(r"[;；|\n\r]+")
_HAN = re.compile(r"[㐀-鿿]")
_SHARE = re.compile(r"^(?P<name>.+?)[:：\s(（]+(?P<amount>[0-9]{1,3}(?:\.[0-9]{1,4})?)\s*[%％][)）]?$")
_FRACTION = re.compile(r"^(?P<name>.+?)[:：\s(（]+(?P<a>[0-9]{1,4})/(?P<b>[0-9]{1,4})[)）]?$")

RowReader = Callable[[Cells], PatentIn]


def field_of(header: str) -> str | None:
    """The field a header means; a bilingual header (``申请号 / Application number``) may mean it in either part."""
    for part in (header, *re.split(r"[/／|]", header)):
        field = _FIELD_BY_KEY.get(header_key(part).replace("/", ""))
        if field is not None:
            return field
    return None


def recognise(header: list[str]) -> tuple[RowReader, Cells] | None:
    """A reader for a header with at least one number column and one that tells something about a patent."""
    at: dict[str, int] = {}
    for index, cell in enumerate(header):
        if 0 < len(cell) <= 60 and (field := field_of(cell)) is not None:
            at.setdefault(field, index)
    if not at.keys() & _NUMBER_FIELDS or not at.keys() & _TELLING_FIELDS:
        return None
    from .template import is_template

    source = "template" if is_template(header) else "cn_sheet"

    def reader(cells: Cells) -> PatentIn:
        return sheet_row(cells, source)

    return reader, Cells(at, header)


def sheet_row(cells: Cells, source: str) -> PatentIn:
    record = PatentIn(source)
    office = _OFFICES.get(cells["office"], cells["office"].upper() if len(cells["office"]) == 2 else "") or "CN"
    _numbers(cells, record, office)
    words = cells["kind"].lower()
    told = next((kind for word, kind in _KINDS if word in words), OTHER if words in ("其他", "other") else "")
    record.kind = told or record.kind
    record.filed_on = cells.date("filed")
    record.published_on = cells.date("published")
    record.granted_on = cells.date("granted")
    record.expires_on = cells.date("expires")
    put_title(record, cells["title"])
    if title := cells["title_en"]:
        record.title_en = title
    put_abstract(record, cells["abstract"])
    if abstract := cells["abstract_en"]:
        record.abstract_en = abstract
    record.first_claim = cells["first_claim"]
    if text := cells["claims"]:
        record.claims = _claims(text)
    _people(cells, record)
    _classes(cells, record)
    record.legal_status = cells["status"]
    record.cited_by_count = cells.count("cited_by")
    if text := cells["family"]:
        record.family = _family(text)
    if text := cells["priority"]:
        record.priority = _priorities(text)
        if not record.priority:
            record.extras["priority_as_written"] = text[:500]
    for field, name in (("transfers", "cn_transfer_count"), ("licences", "cn_licence_count")):
        if (count := cells.count(field)) is not None:
            record.extras[name] = str(count)
    if text := cells["pledged"]:
        record.extras["cn_is_pledged"] = (
            "yes" if text.lower() in ("是", "1", "y", "yes", "true", "已质押", "有") else "no"
        )
    if text := cells["region"]:
        record.extras["region_code"] = text[:80]
    for field in ("pct", "pct_publication"):
        if text := cells[field]:
            record.extras[f"{field}_number"] = text[:80]
    return record


def _numbers(cells: Cells, record: PatentIn, office: str) -> None:
    application = _read(cells, "application", office, APPLICATION)
    patent = _read(cells, "patent", office, None)
    published = _read(cells, "publication", office, PUBLICATION)
    grant = _read(cells, "grant_publication", office, PUBLICATION)
    if application is None and patent is not None and patent.kind == APPLICATION:
        application = patent
    if published is None and patent is not None and patent.kind != APPLICATION:
        published = patent
    document = grant or published
    if document is None and application is None:
        raise Refused(
            "no_number",
            column=cells.column(
                next(f for f in ("application", "patent", "publication", "grant_publication") if f in cells)
            ),
        )
    if (
        patent is not None
        and application is not None
        and patent.kind == APPLICATION
        and patent.canonical != application.canonical
    ):
        raise Refused(
            "numbers_disagree", number=application.canonical, other=patent.canonical, column=cells.column("patent")
        )
    if application is not None:
        record.office, record.kind = application.office, application.right
        record.application_number = application.canonical
        if application.is_zl or (patent is not None and patent.is_zl):
            record.grant_number = application.canonical
    if document is not None:
        kind = record.kind
        put_publication(record, document)
        record.kind = kind or record.kind
        if (code := cells["kind_code"].upper()) and not record.kind_code and re.fullmatch(r"[A-Z][0-9]?", code):
            record.kind_code = code
    if grant is not None and published is not None and published.canonical != grant.canonical:
        record.publications.append((published.office, published.canonical, published.kind_code, None))


def _read(cells: Cells, field: str, office: str, expect: str | None) -> Number | None:
    text = cells[field]
    if not text:
        return None
    try:
        number = parse(text, office, expect)
        if expect == PUBLICATION and number.office == "CN" and number.kind == APPLICATION and not number.is_zl:
            raise NumberError("bad_number", given=text[:80])
    except NumberError as error:
        if error.code == "bad_number" and expect == PUBLICATION:
            # Some sheets put the patent number (ZL…) under the publication's header: it is read for what it is.
            try:
                return parse(text, office, APPLICATION)
            except NumberError as second:
                error = second if second.code == "check_digit" else error
        raise refuse_number(error, text, cells.column(field)) from error
    return number


def names(text: str) -> list[str]:
    """Names in one cell: by semicolon, bar or line; by 、 or comma only where Chinese names leave no doubt."""
    if not text:
        return []
    pieces = [piece.strip() for piece in _SEPARATORS.split(text)]
    if len(pieces) == 1 and _HAN.search(text):
        pieces = [piece.strip() for piece in re.split(r"[、,，]", text)]
    return [piece for piece in pieces if piece]


def _people(cells: Cells, record: PatentIn) -> None:
    address = cells["address"]
    put_parties(record, "applicant", names(cells["applicants"]), address=address)
    owners = names(cells["owners"])
    header = header_key(cells.column("applicants")) if "applicants" in cells else ""
    if not owners and "专利权人" in header and is_grant_code(record.office, record.kind_code):
        owners = names(cells["applicants"])  # one column for both: of a granted patent it names the patentee
    put_parties(record, "owner", owners, address=address)
    put_parties(record, "inventor", names(cells["inventors"]))
    put_parties(record, "agent", [*names(cells["agency"]), *names(cells["agents"])])
    if text := cells["shares"]:
        _shares(cells, record, text)


def _shares(cells: Cells, record: PatentIn, text: str) -> None:
    """``甲公司:60%;乙公司:40%`` or ``甲公司:2/3;乙公司:1/3``; together no more than the whole."""
    total = Fraction(0)
    for piece in names(text):
        percent, parts = _SHARE.match(piece), _FRACTION.match(piece)
        if percent is not None:
            name, share = percent["name"], Fraction(percent["amount"]) / 100
        elif parts is not None and int(parts["b"]):
            name, share = parts["name"], Fraction(int(parts["a"]), int(parts["b"]))
        else:
            raise Refused("bad_share", column=cells.column("shares"), value=piece[:60])
        total += share
        holder = next((p for p in record.parties if p.role == "owner" and p.name == name.strip()), None)
        if holder is None:
            sequence = sum(1 for p in record.parties if p.role == "owner") + 1
            holder = PartyIn("owner", name.strip(), sequence=sequence)
            record.parties.append(holder)
        holder.share = share
    if total > 1:
        raise Refused("bad_share", column=cells.column("shares"), value=text[:60])


def _classes(cells: Cells, record: PatentIn) -> None:
    texts = [cells["main_ipc"], *_SEPARATORS.split(cells["ipc"])]
    if record.kind == DESIGN:
        record.locarno = unique([locarno(text) for text in (cells["locarno"], *texts) if text])
    else:
        record.ipc = unique([symbols(text) for text in texts if text])
        record.locarno = list(locarno(cells["locarno"])) if cells["locarno"] else []
    if text := cells["cpc"]:
        record.cpc = unique([symbols(piece) for piece in _SEPARATORS.split(text)])


def _family(text: str) -> list[str]:
    found: list[str] = []
    for piece in re.split(r"[;；|,，、\n\r]+", text):
        whole = family_member(piece.strip())  # ``US D652271 S1`` is one number, ``CN1A US2B`` are two
        found += [whole] if whole else [family_member(part) for part in piece.split()]
    return list(dict.fromkeys(filter(None, found)))


def _claims(text: str) -> list[str]:
    pieces = re.split(r"\n+(?=\s*[0-9]{1,3}\s*[.、．])", text.strip())
    return [piece.strip() for piece in pieces if piece.strip()]


_PRIORITY_DAY = re.compile(r"(?<![0-9/])((?:19|20)[0-9]{2})[-./年]?([01]?[0-9])[-./月]?([0-3]?[0-9])日?(?![0-9/.])")
_PRIORITY_NUMBER = re.compile(r"\b(PCT/[A-Z]{2}[0-9/]+|[A-Z]{2}\s?[0-9][0-9A-Z/,.\-]{4,24})")


def _priorities(text: str) -> list[tuple[str, str, date | None]]:
    found: list[tuple[str, str, date | None]] = []
    for piece in _SEPARATORS.split(text):
        number = _PRIORITY_NUMBER.search(piece.upper())
        if number is None:
            continue
        rest = piece.replace(number[1], " ") if number[1] in piece else piece
        day = _PRIORITY_DAY.search(rest)
        on = f"{day[1]}{int(day[2]):02d}{int(day[3]):02d}" if day is not None else ""
        office = "WO" if number[1].startswith("PCT") else number[1][:2]
        found.append(foreign_priority(office, number[1] if office == "WO" else number[1][2:].strip(), on))
    return found
