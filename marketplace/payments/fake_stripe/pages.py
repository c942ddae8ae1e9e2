"""The pages a person sees at the provider: paying, 3-D Secure, onboarding, and the switchboard of the practice bank.

Every page says in its first line that no money moves. Chinese or English follows the session's locale or ?lang=.
"""

from __future__ import annotations

import json
from decimal import Decimal
from html import escape

from marketplace.payments.fake_stripe.control import FAULTS
from marketplace.payments.fake_stripe.store import Thing

ZERO_DECIMAL = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"]
)

WORDS = {
    "banner": (
        "支付演练：本页不连接任何真实的支付机构，不会划转任何款项。",
        "Payment practice: this page is connected to no payment institution, and no money moves.",
    ),
    "pay": ("付款", "Pay"),
    "amount": ("金额", "Amount"),
    "for": ("事由", "For"),
    "how": ("选择这张卡的表现", "Choose how the card behaves"),
    "good": ("正常的卡：付款成功", "A good card: the payment succeeds"),
    "declined": ("发卡行拒绝", "Declined by its bank"),
    "funds": ("余额不足", "Not enough money on it"),
    "3ds": ("要求 3-D Secure 验证", "Asks for 3-D Secure"),
    "slow": ("慢速银行扣款：数日后才有结果", "A slow bank debit: the result comes days later"),
    "contested": ("付款成功，随后持卡人提出争议", "Succeeds, and the holder disputes it afterwards"),
    "back": ("返回，不付款", "Go back without paying"),
    "declined_now": ("这笔付款被拒绝，请换一种方式。", "This payment was declined. Choose another way."),
    "closed": ("这次付款已经结束。", "This payment is over."),
    "3ds_title": ("发卡行身份验证", "Verification by your bank"),
    "pass": ("验证通过", "Pass the verification"),
    "fail": ("验证失败", "Fail the verification"),
    "onboard_title": ("开通收款账户", "Open an account to be paid"),
    "onboard_text": (
        "真实环境中，此处由支付机构核对企业、受益所有人和银行账户。",
        "In real life the institution checks the company, its owners and its bank account here.",
    ),
    "onboard_do": ("资料齐全，完成开通", "All papers given: finish"),
    "onboard_not": ("稍后再补资料", "Leave it for later"),
    "board": ("支付演练：开关", "Payment practice: switches"),
    "fault": ("故障", "Fault"),
    "path": ("路径", "Path"),
    "arm": ("布置", "Arm"),
    "armed": ("已布置", "Armed"),
    "status": ("状态", "Status"),
    "acts": ("操作", "Acts"),
    "gone": ("没有这个页面。", "There is no such page."),
}

STYLE = """
:root { color-scheme: light; font: 16px/1.6 system-ui, "Noto Sans SC", "WenQuanYi Micro Hei", sans-serif; }
body { margin: 0; background: #f4f5f3; color: #1d2420; }
.banner { background: #7a4b00; color: #fff; padding: .6rem 1rem; text-align: center; }
main { max-width: 34rem; margin: 2rem auto; background: #fff; padding: 1.5rem; border: 1px solid #c9cec8; }
main.wide { max-width: 70rem; }
h1 { font-size: 1.3rem; margin: 0 0 1rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; }
dd { margin: 0; font-variant-numeric: tabular-nums; }
fieldset { border: 1px solid #c9cec8; border-radius: 4px; padding: .5rem 1rem; }
label { display: block; padding: .35rem 0; min-height: 1.6rem; }
button { font: inherit; padding: .5rem 1.2rem; min-height: 44px;
  border: 1px solid #14532d; background: #14532d; color: #fff; border-radius: 4px; }
button.plain { background: #fff; color: #14532d; }
.problem { border-left: 4px solid #a11; padding: .5rem .75rem; background: #fdf1f0; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; }
td, th { border-bottom: 1px solid #dde; padding: .3rem .5rem; text-align: left; overflow-wrap: anywhere; }
form { margin: .75rem 0; }
.row { display: flex; gap: .75rem; flex-wrap: wrap; align-items: end; }
input:not([type=radio]), select { font: inherit; padding: .4rem; min-height: 36px; }
input[type=radio] { margin: 0 .5rem 0 0; }
.buttons { display: flex; gap: .5rem; flex-wrap: wrap; }
.buttons form, td form { margin: .15rem 0; display: inline-block; }
"""


def say(word: str, lang: str) -> str:
    return escape(WORDS[word][lang == "en"])


def shown_amount(amount: int, currency: str) -> str:
    """Minor units as a person reads them."""
    if currency in ZERO_DECIMAL:
        return f"{amount:,} {currency.upper()}"
    return f"{Decimal(amount) / 100:,.2f} {currency.upper()}"


def page(title: str, body: str, lang: str, *, wide: bool = False) -> str:
    html_lang = "en" if lang == "en" else "zh-Hans"
    return (
        f'<!doctype html><html lang="{html_lang}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f'<link rel="stylesheet" href="/fake.css"></head><body><p class="banner" role="note">{say("banner", lang)}</p>'
        f"<main{' class=wide' if wide else ''}><h1>{title}</h1>{body}</main></body></html>"
    )


def pay_page(session: Thing, lang: str, *, declined: bool = False) -> str:
    what = "".join(f"<dt>{say('for', lang)}</dt><dd>{escape(one['description'])}</dd>" for one in session["fake_lines"])
    amount = shown_amount(session["amount_total"], session["currency"])
    facts = f"<dl><dt>{say('amount', lang)}</dt><dd>{amount}</dd>{what}</dl>"
    if session["status"] != "open":
        back = escape(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]))
        return page(
            say("pay", lang), f"{facts}<p>{say('closed', lang)} <a href='{back}'>{say('back', lang)}</a></p>", lang
        )
    ways = (
        ("pm_card_visa", "good"),
        ("pm_card_threeDSecure2Required", "3ds"),
        ("pm_card_chargeDeclined", "declined"),
        ("pm_card_chargeDeclinedInsufficientFunds", "funds"),
        ("pm_usBankAccount_processing", "slow"),
        ("pm_card_createDispute", "contested"),
    )
    choices = "".join(
        f'<label><input type="radio" name="method" value="{value}"{" checked" if place == 0 else ""}>'
        f" {say(word, lang)}</label>"
        for place, (value, word) in enumerate(ways)
    )
    problem = f'<p class="problem" role="alert">{say("declined_now", lang)}</p>' if declined else ""
    cancel = ""
    if session["cancel_url"]:
        cancel = f' <a href="{escape(session["cancel_url"])}">{say("back", lang)}</a>'
    return page(
        say("pay", lang),
        f'{problem}{facts}<form method="post"><fieldset><legend>{say("how", lang)}</legend>{choices}</fieldset>'
        f"<p><button>{say('pay', lang)} {amount}</button>{cancel}</p></form>",
        lang,
    )


def three_d_secure_page(intent: Thing, lang: str) -> str:
    return page(
        say("3ds_title", lang),
        f"<dl><dt>{say('amount', lang)}</dt><dd>{shown_amount(intent['amount'], intent['currency'])}</dd></dl>"
        f'<form method="post" class="row"><button name="passed" value="yes">{say("pass", lang)}</button>'
        f'<button class="plain" name="passed" value="no">{say("fail", lang)}</button></form>',
        lang,
    )


def onboarding_page(account: Thing, lang: str) -> str:
    return page(
        say("onboard_title", lang),
        f"<p>{say('onboard_text', lang)}</p><dl><dt>ID</dt><dd>{escape(account['id'])}</dd>"
        f"<dt>@</dt><dd>{escape(account['email'] or '—')}</dd></dl>"
        f'<form method="post" class="row"><button name="done" value="yes">{say("onboard_do", lang)}</button>'
        f'<button class="plain" name="done" value="no">{say("onboard_not", lang)}</button></form>',
        lang,
    )


def gone_page(lang: str) -> str:
    return page(say("gone", lang), "", lang)


def board_page(state: Thing, things: dict[str, list[Thing]], said: str, lang: str) -> str:
    """The switchboard: one row per object with the acts that fit it, and the armed faults."""
    options = "".join(f'<option value="{name}">{name}: {escape(text)}</option>' for name, text in FAULTS.items())
    parts = [
        f'<p class="problem" role="status">{escape(said)}</p>' if said else "",
        '<form method="post" class="row"><input type="hidden" name="act" value="faults">'
        f'<label>{say("fault", lang)} <select name="kind">{options}</select></label>'
        f'<label>{say("path", lang)} <input name="path" value="*"></label><button>{say("arm", lang)}</button></form>',
        '<div class="buttons">',
        _one_button("faults", ("解除全部故障", "Disarm all faults"), {}, lang),
        _one_button("settle", ("让全部款项到账可用", "Let all money become available"), {}, lang),
        _one_button(
            "webhooks",
            ("通知：每条三次，乱序", "Webhooks: three times, shuffled"),
            {"duplicate": "3", "shuffle": "yes"},
            lang,
        ),
        _one_button("webhooks", ("通知：暂停", "Webhooks: paused"), {"paused": "yes"}, lang),
        _one_button("webhooks", ("通知：恢复，补发积压", "Webhooks: normal, send what waits"), {}, lang),
        "</div>",
        f"<p>{say('armed', lang)}: <code>{escape(json.dumps(state['faults']))}</code> · webhooks "
        f"<code>{escape(json.dumps(state['webhooks']))}</code></p>",
    ]
    heads = "".join(f"<th>{say(word, lang)}</th>" for word in ("status", "amount", "acts"))
    for kind, rows in things.items():
        lines = "".join(
            f"<tr><td>{escape(row['id'])}</td><td>{escape(str(row.get('status', '')))}</td>"
            f"<td>{shown_amount(row['amount'], row['currency']) if 'amount' in row else ''}</td>"
            f"<td>{_acts_on(kind, row, lang)}</td></tr>"
            for row in rows
        )
        parts.append(f"<h2>{kind}</h2><table><thead><tr><th>ID</th>{heads}</tr></thead><tbody>{lines}</tbody></table>")
    return page(say("board", lang), "".join(parts), lang, wide=True)


def _acts_on(kind: str, row: Thing, lang: str) -> str:
    pk = row["id"]
    if kind == "charge" and pk.startswith("ch_") and row["status"] == "succeeded" and not row["disputed"]:
        return _one_button("dispute", ("提出争议", "Dispute it"), {"charge": pk}, lang)
    if kind == "dispute" and row["status"] not in ("won", "lost"):
        return _one_button(
            "close_dispute", ("平台胜", "Platform wins"), {"dispute": pk, "won": "yes"}, lang
        ) + _one_button("close_dispute", ("平台败", "Platform loses"), {"dispute": pk}, lang)
    if kind == "refund" and row["status"] == "succeeded":
        return _one_button("fail_refund", ("银行退回", "Bank returns it"), {"refund": pk}, lang)
    if kind == "payment_intent" and row["status"] == "processing":
        return _one_button("finish", ("到账", "Arrives"), {"payment_intent": pk, "passed": "yes"}, lang) + _one_button(
            "finish", ("失败", "Fails"), {"payment_intent": pk}, lang
        )
    if kind == "account":
        return _one_button(
            "payout",
            ("付至其银行", "Pay out to its bank"),
            {"account": pk, "currency": row["default_currency"], "paid": "yes"},
            lang,
        ) + _one_button("restrict", ("停用", "Stop it"), {"account": pk}, lang)
    if kind == "payout" and row["status"] != "failed":
        return _one_button("fail_payout", ("银行退回", "Bank returns it"), {"payout": pk}, lang)
    return ""


def _one_button(act: str, label: tuple[str, str], fields: dict[str, str], lang: str) -> str:
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items())
    return (
        f'<form method="post"><input type="hidden" name="act" value="{act}">{hidden}'
        f'<button class="plain">{escape(label[lang == "en"])}</button></form>'
    )
