"""Delivery of events: signed, retried, and as late, doubled or disordered as the switches ask."""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import threading
import time
import traceback
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from marketplace.payments.fake_stripe.store import Store, Thing

MOST_TRIES = 12
TIMEOUT_SECONDS = 10
LOOK_EVERY_SECONDS = 0.1


def sign(body: bytes, secret: str, at: int) -> str:
    """The Stripe-Signature header: HMAC-SHA256 over "<seconds>.<body>"."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"


class Courier(threading.Thread):
    """Brings what is owed, in a thread of its own, until stopped."""

    def __init__(self, store: Store) -> None:
        super().__init__(name="courier", daemon=True)
        self.store = store
        self.stopping = threading.Event()

    def run(self) -> None:
        with ThreadPoolExecutor(max_workers=8) as pool:
            while not self.stopping.wait(LOOK_EVERY_SECONDS):
                try:
                    self.round(pool)
                except Exception:  # noqa: BLE001 - the courier outlives a bad round; the reason goes to stderr
                    traceback.print_exc(file=sys.stderr)

    def stop(self) -> None:
        self.stopping.set()
        if self.is_alive():
            self.join(timeout=TIMEOUT_SECONDS + 1)

    def round(self, pool: ThreadPoolExecutor | None = None) -> int:
        """Bring everything due now; returns how many deliveries were tried."""
        with self.store.turn():
            due = self.store.due_deliveries()
        if pool is None:
            for one in due:
                self.bring(one)
        else:
            list(pool.map(self.bring, due))
        return len(due)

    def bring(self, delivery: Thing) -> None:
        with self.store.turn():
            event = self.store.find("event", delivery["event"], None)
            secrets = {one["url"]: one["secret"] for one in self.store.setting("endpoints", [])}
        if event is None or delivery["url"] not in secrets:
            self._mark(delivery, None, "the event or the endpoint is gone", done=True)
            return
        body = json.dumps(event, indent=2).encode()
        request = urllib.request.Request(  # noqa: S310 - the endpoint whoever runs the fake gave it
            delivery["url"],
            data=body,
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "Stripe-Signature": sign(body, secrets[delivery["url"]], int(time.time())),
                "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:  # noqa: S310 - as above
                self._mark(delivery, reply.status, "", done=True)
        except urllib.error.HTTPError as error:
            self._mark(delivery, error.code, str(error), done=False)
        except (urllib.error.URLError, OSError) as error:
            self._mark(delivery, None, str(error), done=False)

    def _mark(self, delivery: Thing, status: int | None, error: str, *, done: bool) -> None:
        """Tick off, or try again later: each time twice as late, and not for ever."""
        tries = delivery["tries"] + 1
        with self.store.turn():
            self.store.mark_delivery(
                delivery["id"],
                done=done or tries >= MOST_TRIES,
                due=time.time() + min(2**tries, 3600),
                status=status,
                error=error,
            )
