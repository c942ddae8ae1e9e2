"""The practice provider’s pages, switches and deliveries."""

from __future__ import annotations

import http.server
import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from marketplace.payments.fake_stripe.server import FakeStripe
from tests.payments.asking import a_charge, a_session, an_account, client_of


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


def visit(url: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, str, str]:
    """(status, body, Location) of a page, as a browser without scripts sees it."""
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(url, data=data, headers=headers)
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=5) as answer:
            return answer.status, answer.read().decode(), ""
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode(), answer.headers.get("Location", "")


def test_a_person_pays_on_the_page(fake: FakeStripe, api):
    session = a_session(api)
    status, text, _ = visit(session.url)
    assert status == 200 and "支付演练" in text and "100.00 USD" in text
    assert "专利 &lt;b&gt;" in text and "<b>" not in text
    assert "no money moves" in visit(session.url, **{"Accept-Language": "en-GB,en"})[1]
    status, text, _ = visit(session.url, {"method": "pm_card_chargeDeclined"})
    assert status == 200 and "被拒绝" in text
    status, _, where = visit(session.url, {"method": "pm_card_visa"})
    assert (status, where) == (303, f"https://m.test/back?s={session.id}")
    assert api.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert "已经结束" in visit(session.url, {"method": "pm_card_visa"})[1]
    assert len([one for one in fake.every("charge") if one["paid"]]) == 1


def test_three_d_secure_on_the_page(fake: FakeStripe, api):
    session = a_session(api)
    status, _, where = visit(session.url, {"method": "pm_card_threeDSecure2Required"})
    assert status == 303 and where.startswith("/3ds/pi_")
    assert "被拒绝" in visit(fake.url + where, {"passed": "no"})[1]
    _, _, where = visit(session.url, {"method": "pm_card_threeDSecure2Required"})
    assert visit(fake.url + where)[0] == 200
    assert visit(fake.url + where, {"passed": "yes"})[2].startswith("https://m.test/back")
    assert visit(fake.url + where)[0] == 404
    assert api.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_onboarding_on_the_page(fake: FakeStripe, api):
    account = api.v1.accounts.create({"type": "express", "country": "SG", "email": "p@m.test"})
    asked = {"account": account.id, "type": "account_onboarding", "return_url": "https://m.test/r", "refresh_url": "x"}
    url = api.v1.account_links.create(asked).url
    assert account.id in visit(url)[1]
    assert visit(url, {"done": "no"})[2] == "https://m.test/r"
    assert not api.v1.accounts.retrieve(account.id).payouts_enabled
    visit(url, {"done": "yes"})
    assert api.v1.accounts.retrieve(account.id).payouts_enabled


def test_another_sites_page_presses_no_buttons(fake: FakeStripe, api):
    session = a_session(api)
    status, *_ = visit(session.url, {"method": "pm_card_visa"}, Origin="https://evil.test")
    assert status == 403 and fake.every("charge") == []
    request = urllib.request.Request(f"{fake.url}/_control/reset", data=b"{}", headers={"Content-Type": "text/plain"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    assert refused.value.code == 415


def test_the_switchboard(fake: FakeStripe, api):
    charge = a_charge(fake, api)
    status, text, _ = visit(f"{fake.url}/_control")
    assert status == 200 and charge in text
    assert visit(f"{fake.url}/_control", {"act": "dispute", "charge": charge})[0] == 303
    [dispute] = fake.every("dispute")
    visit(f"{fake.url}/_control", {"act": "close_dispute", "dispute": dispute["id"], "won": "yes"})
    assert fake.every("dispute")[0]["status"] == "won"
    assert "No such act" in visit(f"{fake.url}/_control", {"act": "nonsense"})[1]
    assert visit(f"{fake.url}/nowhere")[0] == 404


def control(fake: FakeStripe, act: str, **given: Any) -> Any:
    data = json.dumps(given).encode() if act != "state" else None
    request = urllib.request.Request(
        f"{fake.url}/_control/{act}", data=data, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.loads(answer.read())


def test_switches_over_http(fake: FakeStripe, api):
    control(fake, "faults", kind="rate_limit", path="/v1/balance")
    with pytest.raises(stripe.RateLimitError):
        api.v1.balance.retrieve()
    assert api.v1.balance.retrieve().object == "balance"
    control(fake, "mode", livemode=True)
    with pytest.raises(stripe.AuthenticationError):
        api.v1.balance.retrieve()
    assert a_session(client_of(fake, "sk_live_practice")).id.startswith("cs_live_")
    control(fake, "drift", amount=1, currency="usd")
    assert client_of(fake, "sk_live_practice").v1.balance.retrieve().available[0].amount == 1
    state = control(fake, "state")
    assert state["livemode"] and state["counts"]["checkout.session"] == 1
    with pytest.raises(urllib.error.HTTPError) as refused:
        control(fake, "faults", kind="nonsense")
    assert refused.value.code == 400
    control(fake, "reset")
    assert control(fake, "state")["counts"] == {}


# ── webhooks ─────────────────────────────────────────────────────────────────────────────────────────────────────────
class Door(http.server.BaseHTTPRequestHandler):
    seen: list[dict[str, Any]] = []
    refuses = 0

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        secret = "whsec_connect" if self.path == "/connect" else "whsec_account"
        stripe.Webhook.construct_event(raw, self.headers["Stripe-Signature"], secret)  # the library's own check
        Door.refuses -= 1
        status = 500 if Door.refuses >= 0 else 200
        if status == 200:
            Door.seen.append({"path": self.path, **json.loads(raw)})
        self.send_response(status)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        return


@pytest.fixture
def door(fake: FakeStripe) -> Iterator[type[Door]]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = f"http://127.0.0.1:{server.server_address[1]}"
    Door.seen, Door.refuses = [], 0
    fake.courier.stop()  # rounds are made by hand, so that nothing here waits for time to pass
    fake.do(
        "endpoints",
        endpoints=[
            {"url": f"{here}/account", "secret": "whsec_account", "scope": "account", "events": ["charge.succeeded"]},
            {"url": f"{here}/connect", "secret": "whsec_connect", "scope": "connect", "events": ["*"]},
        ],
    )
    yield Door
    server.shutdown()
    server.server_close()


def test_events_go_to_the_endpoint_of_their_scope_signed_with_its_secret(fake: FakeStripe, api, door):
    a_charge(fake, api)
    account = an_account(fake, api)
    assert fake.courier.round() == 2
    assert [(one["path"], one["type"], one.get("account")) for one in door.seen] == [
        ("/account", "charge.succeeded", None),
        ("/connect", "account.updated", account),
    ]
    assert fake.courier.round() == 0


def test_a_delivery_that_fails_is_made_again(fake: FakeStripe, api, door):
    door.refuses = 2
    a_charge(fake, api)
    for _ in range(3):
        fake.courier.round()
        with fake.store.turn():
            fake.store.hasten()
    assert len(door.seen) == 1
    assert fake.do("faults") == {"faults": []}
    with fake.store.turn():
        [delivery] = fake.store.deliveries()
    assert (delivery["tries"], delivery["done"], delivery["status"]) == (3, 1, 200)


def test_deliveries_are_doubled_paused_and_repeated_on_request(fake: FakeStripe, api, door):
    fake.do("webhooks", paused=True)
    a_charge(fake, api)
    assert fake.courier.round() == 0
    fake.do("webhooks", duplicate=3)
    assert fake.courier.round() == 1
    a_charge(fake, api)
    with fake.store.turn():
        fake.store.hasten()
    assert fake.courier.round() == 3
    fake.do("send", event=door.seen[0]["id"], times=2)
    assert fake.courier.round() == 2
    assert len({one["id"] for one in door.seen}) == 2


def test_deliveries_are_delayed_and_shuffled_on_request(fake: FakeStripe, api, door):
    fake.do("webhooks", delay_seconds=60)
    a_charge(fake, api)
    assert fake.courier.round() == 0
    fake.do("webhooks", shuffle=True, shuffle_seconds=1000)
    for _ in range(8):
        a_charge(fake, api)
    with fake.store.turn():
        order = [row["event"] for row in sorted(fake.store.deliveries(), key=lambda row: row["due"])[1:]]
    assert order != [one["id"] for one in fake.every("event")[::-1] if one["id"] in order]
