"""The HTTP server: authentication, idempotency, faults, pages. `FakeStripe` is one, with its store and courier."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import sys
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from marketplace.payments.fake_stripe import addresses, pages  # noqa: F401
from marketplace.payments.fake_stripe.books import API_VERSION, Books
from marketplace.payments.fake_stripe.connect import Connect, public_payout
from marketplace.payments.fake_stripe.control import Control
from marketplace.payments.fake_stripe.payments import Payments
from marketplace.payments.fake_stripe.routing import Asked, answer
from marketplace.payments.fake_stripe.store import PLATFORM, Store, Thing
from marketplace.payments.fake_stripe.webhooks import Courier
from marketplace.payments.fake_stripe.wire import ApiError, Params, read_form

BEFORE = ("drop_before", "error_500_before", "rate_limit")
AFTER = ("drop_after", "error_500_after", "slow")
LARGEST_BODY = 1_000_000
UNKNOWN_ERROR = ApiError(500, "An unknown error occurred.", kind="api_error")


@dataclass
class Reply:
    """What goes back, and how: `is_dropped` closes the connection instead."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    is_dropped: bool = False
    wait_seconds: float = 0.0


class FakeStripe:
    """A running provider: `start()`, then `url`; `stop()` ends it. With a `path` its memory outlives it."""

    def __init__(
        self, path: Path | None = None, *, host: str = "127.0.0.1", port: int = 0, public_url: str = ""
    ) -> None:
        self.store = Store(path)
        self._http = Listener((host, port), Handler)
        self._http.fake = self
        self.url = f"http://{host}:{self._http.server_address[1]}"
        base = (public_url or self.url).rstrip("/")
        self.books = Books(self.store)
        self.payments = Payments(self.books, base)
        self.connect = Connect(self.books, base)
        self.control = Control(self.books, self.payments, self.connect)
        self.courier = Courier(self.store)
        self._thread = threading.Thread(target=self._http.serve_forever, name="fake-stripe", daemon=True)

    def start(self) -> FakeStripe:
        self._thread.start()
        self.courier.start()
        return self

    def serve(self) -> None:
        """Serve in the calling thread until `stop` is called from another or a signal ends the process."""
        self.courier.start()
        self._http.serve_forever()

    def stop(self) -> None:
        self.courier.stop()
        self._http.shutdown()
        self._http.server_close()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self.store.close()

    def do(self, act: str, **given: Any) -> Any:
        """A switch, from inside the process."""
        with self.store.turn():
            return self.control.do(act, given)

    def every(self, kind: str, account: str | None = None) -> list[Thing]:
        """All objects of a kind, newest first; of all accounts unless one is named."""
        with self.store.turn():
            return self.store.every(kind, account)

    # -- /v1 ----------------------------------------------------------------------------------------------------------

    def call(self, method: str, target: str, body: str, headers: dict[str, str]) -> Reply:
        """One call of the API. Execution, kept answer and faults are one turn: all of it, or nothing."""
        parts = urlsplit(target)
        key = headers.get("idempotency-key", "") if method == "POST" else ""
        account = headers.get("stripe-account", PLATFORM)
        asked_for = hashlib.sha256(f"{method} {parts.path} {parts.query} {body}".encode()).hexdigest()
        try:
            with self.store.turn():
                self._authenticate(headers.get("authorization", ""), account)
                if key:
                    kept = self.store.kept_answer(key, account)
                    if kept is not None:
                        return self._replay(kept, asked_for, key)
                early = self.books.fault(BEFORE, method, parts.path)
                if early is not None:
                    reply = self._early(early, key, account, asked_for)
                else:
                    reply = self._execute(method, parts.path, parts.query, body, key, account, asked_for)
        except ApiError as refusal:
            reply = Reply(refusal.status, json.dumps(refusal.body(), indent=2).encode())
        with self.store.turn():
            note = "dropped" if reply.is_dropped else ""
            self.store.note_call(method, parts.path, account, key, reply.status, note)
        return reply

    def _authenticate(self, authorization: str, account: str) -> None:
        key = authorization.removeprefix("Bearer ").strip()
        if key.startswith("Basic "):  # curl -u sk_test_…:
            with suppress(ValueError):
                key = base64.b64decode(key.removeprefix("Basic ")).decode("ascii", "replace").partition(":")[0]
        mode = "live" if self.books.is_live else "test"
        if not re.fullmatch(rf"(sk|rk)_{mode}_\w+", key):
            shown = f"{key[:8]}…" if key else "(none)"
            raise ApiError(401, f"Invalid API Key provided: {shown}", code="api_key_invalid")
        if account != PLATFORM and self.store.find("account", account) is None:
            raise ApiError(
                403,
                f"The provided key does not have access to account '{account}' (or that account does not exist).",
                code="account_invalid",
            )

    def _replay(self, kept: Any, asked_for: str, key: str) -> Reply:
        if kept["asked"] != asked_for:
            raise ApiError(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request.",
                kind="idempotency_error",
            )
        return Reply(
            kept["status"],
            kept["body"].encode(),
            headers={"Idempotent-Replayed": "true", "Idempotency-Key": key, "Stripe-Should-Retry": "false"},
        )

    def _early(self, fault: Thing, key: str, account: str, asked_for: str) -> Reply:
        if fault["kind"] == "drop_before":
            return Reply(0, b"", is_dropped=True)
        if fault["kind"] == "rate_limit":
            return Reply(
                429,
                json.dumps(ApiError(429, "Too many requests.", code="rate_limit").body()).encode(),
                headers={"Retry-After": "1"},
            )
        text = json.dumps(UNKNOWN_ERROR.body())
        if key:
            self.store.keep_answer(key, account, asked_for, 500, text)
        return Reply(500, text.encode())

    def _execute(self, method: str, path: str, query: str, body: str, key: str, account: str, asked_for: str) -> Reply:
        params = Params(read_form(query if method == "GET" else body))
        asked = Asked(account, params, self.books, self.payments, self.connect)
        status = 200
        try:
            found = answer(method, path, asked)
        except ApiError as refusal:
            if not refusal.has_begun:
                raise
            status, found = refusal.status, refusal.body()
        text = json.dumps(found, indent=2)
        late = self.books.fault(AFTER, method, path) or {"kind": ""}
        if late["kind"] == "error_500_after":
            status, text = 500, json.dumps(UNKNOWN_ERROR.body())
        if key:
            self.store.keep_answer(key, account, asked_for, status, text)
        return Reply(
            status,
            text.encode(),
            headers={"Idempotency-Key": key, "Original-Request": self.store.new_id("req")} if key else {},
            is_dropped=late["kind"] == "drop_after",
            wait_seconds=float(late.get("seconds", 5)) if late["kind"] == "slow" else 0.0,
        )

    # -- switches and pages -------------------------------------------------------------------------------------------

    def switch(self, method: str, act: str, body: str) -> Reply:
        """The switches as JSON: GET /_control/state, POST /_control/<act>."""
        try:
            with self.store.turn():
                done = self.control.state() if method == "GET" else self.control.do(act, json.loads(body or "{}"))
            return Reply(200, json.dumps(done, indent=2).encode())
        except ApiError as refusal:
            return Reply(refusal.status, json.dumps(refusal.body()).encode())
        except (ValueError, KeyError, TypeError) as error:
            return Reply(400, json.dumps({"error": {"message": f"{type(error).__name__}: {error}"}}).encode())

    def page(self, method: str, path: str, query: str, body: str, speaks: str = "") -> Reply:
        """The pages for people; `speaks` is what their browser says of their languages."""
        asked = dict(parse_qsl(query))
        asked["chosen"] = asked.get("lang", "")
        asked["lang"] = asked["chosen"] or ("en" if speaks.lower().startswith("en") else "zh")
        form = dict(parse_qsl(body, keep_blank_values=True)) if method == "POST" else {}
        steps = [step for step in path.split("/") if step]
        with self.store.turn():
            if path == "/fake.css":
                return Reply(200, pages.STYLE.encode(), "text/css; charset=utf-8")
            if steps[:1] == ["pay"] and len(steps) == 2:
                return self._pay_page(method, steps[1], asked, form)
            if steps[:1] == ["3ds"] and len(steps) == 2:
                return self._three_d_secure_page(method, steps[1], asked, form)
            if steps[:1] == ["onboard"] and len(steps) == 2:
                return self._onboarding_page(method, steps[1], asked, form)
            if steps in ([], ["_control"]):
                return self._board(method, asked, form)
        return html(pages.gone_page(asked["lang"]), 404)

    def _pay_page(self, method: str, pk: str, asked: Thing, form: Thing) -> Reply:
        self.payments.expire_old_sessions()
        session = self.store.find("checkout.session", pk)
        if session is None:
            return html(pages.gone_page(asked["lang"]), 404)
        lang = asked["lang"] if session["locale"] in (None, "auto") else asked.get("chosen") or session["locale"]
        if method == "GET" or session["status"] != "open":
            return html(pages.pay_page(session, lang))
        try:
            session = self.payments.pay_session(session, form.get("method", ""))
        except ApiError as refusal:
            if not refusal.has_begun:
                return html(pages.gone_page(lang), 400)
            after = self.store.find("checkout.session", pk) or session
            return html(pages.pay_page(after, lang, declined=True))
        intent = self.store.find("payment_intent", session["payment_intent"]) or {}
        if intent.get("status") == "requires_action":
            return see_other(f"/3ds/{intent['id']}?lang={lang}")
        return see_other(session["success_url"].replace("{CHECKOUT_SESSION_ID}", pk))

    def _three_d_secure_page(self, method: str, pk: str, asked: Thing, form: Thing) -> Reply:
        lang = asked["lang"]
        intent = self.store.find("payment_intent", pk)
        if intent is None or intent["status"] != "requires_action":
            return html(pages.gone_page(lang), 404)
        if method == "GET":
            return html(pages.three_d_secure_page(intent, lang))
        passed = form.get("passed") == "yes"
        back = (intent["next_action"]["redirect_to_url"]["return_url"]) or ""
        self.payments.authenticate(intent, passed)
        session = self.payments.session_of(intent)
        if session is None:
            return see_other(back or "/")
        if passed:
            return see_other(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]))
        return html(pages.pay_page(session, lang, declined=True))

    def _onboarding_page(self, method: str, token: str, asked: Thing, form: Thing) -> Reply:
        lang = asked["lang"]
        link = self.store.find("account_link", token)
        account = self.store.find("account", link["account"]) if link else None
        if link is None or account is None:
            return html(pages.gone_page(lang), 404)
        if method == "GET":
            return html(pages.onboarding_page(account, lang))
        if form.get("done") == "yes":
            self.connect.onboard(account)
        return see_other(link["return_url"])

    def _board(self, method: str, asked: Thing, form: Thing) -> Reply:
        lang, said = asked["lang"], ""
        if method == "POST":
            given: Thing = {
                name: (value == "yes" if name in ("paid", "won", "passed", "shuffle", "paused") else value)
                for name, value in form.items()
                if name not in ("act",)
            }
            try:
                self.control.do(form.get("act", ""), given)
                return see_other(f"/_control?lang={lang}")
            except ApiError as refusal:
                said = str(refusal)
        kinds = ("checkout.session", "payment_intent", "charge", "refund", "dispute", "account", "transfer", "payout")
        things = {kind: [public_payout(row) for row in self.store.every(kind, None)[:20]] for kind in kinds}
        return html(pages.board_page(self.control.state(), things, said, lang))


def html(text: str, status: int = 200) -> Reply:
    return Reply(status, text.encode(), "text/html; charset=utf-8")


def see_other(where: str) -> Reply:
    return Reply(303, b"", "text/html; charset=utf-8", {"Location": where})


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    fake: FakeStripe

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no error of ours; everything else is told."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            traceback.print_exc(file=sys.stderr)


class Handler(BaseHTTPRequestHandler):
    """One connection. HTTP/1.1 with lengths, so that clients may keep it open."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "FakeStripe", ""
    server: Listener

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def _serve(self, method: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self._send(Reply(413, b"{}"))
            self.close_connection = True
            return
        body = self.rfile.read(length).decode("utf-8", "replace")
        headers = {name.lower(): value for name, value in self.headers.items()}
        parts = urlsplit(self.path)
        try:
            reply = self._reply(method, parts.path, parts.query, body, headers)
        except Exception:  # noqa: BLE001 - the answer is a 500, as any server's; the reason goes to stderr
            traceback.print_exc(file=sys.stderr)
            reply = Reply(500, json.dumps(UNKNOWN_ERROR.body()).encode())
        self._send(reply)

    def _reply(self, method: str, path: str, query: str, body: str, headers: dict[str, str]) -> Reply:
        fake = self.server.fake
        if path.startswith("/v1/"):
            return fake.call(method, self.path, body, headers)
        if path.startswith("/_control/"):
            # A form of another site's page cannot send this type unasked, so a stranger's page cannot press switches.
            if method == "POST" and not headers.get("content-type", "").startswith("application/json"):
                return Reply(415, b'{"error": {"message": "Send application/json."}}')
            return fake.switch(method, path.removeprefix("/_control/"), body)
        if method == "POST" and not self._is_from_here(headers):
            return html(pages.gone_page("en"), 403)
        return fake.page(method, path, query, body, headers.get("accept-language", ""))

    def _is_from_here(self, headers: dict[str, str]) -> bool:
        origin = headers.get("origin", "")
        return not origin or origin == "null" or urlsplit(origin).netloc == headers.get("host", "")

    def _send(self, reply: Reply) -> None:
        if reply.wait_seconds:
            time.sleep(reply.wait_seconds)
        if reply.is_dropped:
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Cache-Control", "no-store")
        if reply.content_type == "application/json":
            self.send_header("Request-Id", f"req_{time.time_ns():x}")
            self.send_header("Stripe-Version", API_VERSION)
        else:
            # No form-action: after the form the browser is sent back to the market, which is another origin.
            self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'")
            self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Calls are kept in the store, where the switchboard shows them; the terminal stays quiet."""
