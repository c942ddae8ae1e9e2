"""Our own import template: one header row in both languages, an example that can be deleted, and notes on each
column."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from .columns import header_key


@dataclass(frozen=True, slots=True)
class TemplateColumn:
    zh: str
    en: str
    example: str
    note_zh: str
    note_en: str

    @property
    def header(self) -> str:
        return f"{self.zh} / {self.en}"


COLUMNS: tuple[TemplateColumn, ...] = (
    TemplateColumn(
        "申请号",
        "Application number",
        "202110345678.3",
        "必填（或填专利号、公开号）；含校验位",
        "Needed, unless another number is given",
    ),
    TemplateColumn(
        "专利号", "Patent number", "ZL202110345678.3", "已授权的填写，ZL 开头", "For granted patents, with ZL"
    ),
    TemplateColumn(
        "公开（公告）号", "Publication number", "CN113000001B", "可带文献种类代码", "With or without its kind code"
    ),
    TemplateColumn("专利名称", "Title", "一种含氟硅橡胶的制备方法", "中文名称", "Title in Chinese"),
    TemplateColumn("英文名称", "Title EN", "Method for preparing fluorosilicone rubber", "可不填", "Optional"),
    TemplateColumn("专利类型", "Patent type", "发明", "发明、实用新型或外观设计", "Invention, utility model or design"),
    TemplateColumn("摘要", "Abstract", "本发明公开了一种含氟硅橡胶的制备方法。", "中文摘要", "Abstract in Chinese"),
    TemplateColumn("英文摘要", "Abstract EN", "", "可不填", "Optional"),
    TemplateColumn("主权项", "First claim", "", "可不填", "Optional"),
    TemplateColumn("申请人", "Applicants", "云澜示例材料有限公司", "多个以分号隔开", "Several: separate by semicolons"),
    TemplateColumn(
        "专利权人", "Owners", "云澜示例材料有限公司;云澜示例大学", "多个以分号隔开", "Several: separate by semicolons"
    ),
    TemplateColumn(
        "权利人份额",
        "Owner shares",
        "云澜示例材料有限公司:60%;云澜示例大学:40%",
        "合计不超过 100%",
        "No more than 100% together",
    ),
    TemplateColumn("发明人", "Inventors", "张三;李四", "多个以分号隔开", "Several: separate by semicolons"),
    TemplateColumn("IPC主分类号", "Main IPC", "C08G 77/24", "外观设计填洛迦诺分类号", "For designs the Locarno class"),
    TemplateColumn(
        "IPC分类号", "IPC classes", "C08G 77/24;C08L 83/08", "多个以分号隔开", "Several: separate by semicolons"
    ),
    TemplateColumn("申请日", "Filing date", "2021-03-31", "如 2021-03-31、2021/3/31、20210331", "As 2021-03-31"),
    TemplateColumn("公开（公告）日", "Publication date", "2023-05-09", "同上", "As above"),
    TemplateColumn("授权日", "Grant date", "2023-05-09", "同上", "As above"),
    TemplateColumn("法律状态", "Legal status", "有效", "按登记簿填写", "As the register says"),
    TemplateColumn("优先权", "Priority", "", "如 CN202010000001.0 2020-04-01", "Number and date"),
    TemplateColumn("简单同族", "Family", "", "公开号，多个以分号隔开", "Publication numbers, separated by semicolons"),
)
_KEYS = frozenset(header_key(column.header) for column in COLUMNS)
_OWN = 5  # headers of ours that make a file ours: holders delete columns they do not need


def is_template(header: list[str]) -> bool:
    return sum(1 for cell in header if header_key(cell) in _KEYS) >= _OWN


def template_rows(*, with_example: bool = True) -> list[list[str]]:
    """The header row and, unless it is not wanted, one example row that reads without a mistake."""
    rows = [[column.header for column in COLUMNS]]
    if with_example:
        rows.append([column.example for column in COLUMNS])
    return rows


def template_csv(*, with_example: bool = True) -> bytes:
    """The template as CSV: UTF-8 with a byte-order mark, which spreadsheets need to show Chinese."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(template_rows(with_example=with_example))
    return out.getvalue().encode("utf-8-sig")


def template_xlsx(*, with_example: bool = True) -> bytes:
    """The template as a workbook: every column formatted as text, so that numbers keep their zeros and points, and a
    second sheet of notes in both languages."""
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    sheet.title = "专利 Patents"
    for row in template_rows(with_example=with_example):
        sheet.append(row)
    for index in range(1, len(COLUMNS) + 1):
        sheet.column_dimensions[get_column_letter(index)].width = 24
        sheet.column_dimensions[get_column_letter(index)].number_format = "@"
        sheet.cell(1, index).font = Font(bold=True)
        for line in range(2, 502):
            sheet.cell(line, index).number_format = "@"
    sheet.freeze_panes = "A2"
    notes = book.create_sheet("说明 Notes")
    notes.append(["列 / Column", "说明", "Note"])
    for column in COLUMNS:
        notes.append([column.header, column.note_zh, column.note_en])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
