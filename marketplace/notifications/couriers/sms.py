"""Text messages through a gateway: `POST {"id", "to", "text"}` as JSON, with a bearer key, answered with 2xx.

Providers differ; the gateway (a provider's own endpoint, or a few lines in front of it) takes the `id` as the key that
keeps a message sent twice from arriving twice.
"""

from __future__ import annotations

import hashlib
import json
import re

from django.conf import settings

from marketplace.notifications.couriers.asking import post_json
from marketplace.notifications.couriers.port import Courier, Letter, Receipt

DIGITS = re.compile(r"[^\d+]")
LONGEST = 300


class SmsCourier(Courier):
    @classmethod
    def is_open(cls) -> bool:
        return bool(settings.SMS_GATEWAY_URL)

    def address_of(self, *, email: str, phone: str, wecom_id: str) -> str:
        return DIGITS.sub("", phone)

    def hand_over(self, letter: Letter) -> Receipt:
        text = f"{letter.short} {letter.url}".strip()[:LONGEST]
        body = {"id": letter.id, "to": letter.address, "text": text}
        answer = post_json(settings.SMS_GATEWAY_URL, body, {"Authorization": f"Bearer {settings.SMS_GATEWAY_KEY}"})
        digest = hashlib.sha256(json.dumps(body, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
        return Receipt(letter.id, digest, str(answer.get("id", ""))[:200])
