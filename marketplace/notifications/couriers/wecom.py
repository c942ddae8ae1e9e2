"""WeCom: an application of the market's own writes to its members.

The server interface gives a key for two hours against corporation id and secret (`/cgi-bin/gettoken`), and takes
messages (`/cgi-bin/message/send`). `errcode` 0 means taken; 40014 and 42001 that the key is no longer good.
"""

from __future__ import annotations

import hashlib
import json
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache

from marketplace.notifications.couriers.asking import get_json, post_json
from marketplace.notifications.couriers.port import Courier, Letter, Receipt, Refused

KEY = "wecom.key"
STALE = {40014, 42001}
REPEATS_KNOWN_FOR_S = 4 * 3600
LONGEST_BYTES = 512


class WecomCourier(Courier):
    @classmethod
    def is_open(cls) -> bool:
        return bool(settings.WECOM_CORP_ID and settings.WECOM_SECRET)

    def address_of(self, *, email: str, phone: str, wecom_id: str) -> str:
        return wecom_id

    def hand_over(self, letter: Letter) -> Receipt:
        body = {
            "touser": letter.address,
            "msgtype": "textcard",
            "agentid": settings.WECOM_AGENT_ID,
            "textcard": {
                "title": letter.subject[:64],
                "description": letter.short.encode()[:LONGEST_BYTES].decode(errors="ignore"),
                "url": letter.url or settings.SITE_URL,
            },
            # The same content to the same person within this time is dropped there: a retry does no harm.
            "enable_duplicate_check": 1,
            "duplicate_check_interval": REPEATS_KNOWN_FOR_S,
        }
        answer = self._send(body, self._key())
        if answer.get("errcode") in STALE:
            cache.delete(KEY)
            answer = self._send(body, self._key())
        if answer.get("errcode") != 0 or letter.address in str(answer.get("invaliduser", "")).split("|"):
            raise Refused(f"{answer.get('errcode')} {answer.get('errmsg', '')}"[:300])
        digest = hashlib.sha256(json.dumps(body, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
        return Receipt(letter.id, digest, str(answer.get("msgid", ""))[:200])

    def _send(self, body: dict[str, object], key: str) -> dict[str, object]:
        return post_json(f"{settings.WECOM_API_BASE}/cgi-bin/message/send?{urlencode({'access_token': key})}", body)

    def _key(self) -> str:
        found = cache.get(KEY)
        if found:
            return str(found)
        asked = urlencode({"corpid": settings.WECOM_CORP_ID, "corpsecret": settings.WECOM_SECRET})
        answer = get_json(f"{settings.WECOM_API_BASE}/cgi-bin/gettoken?{asked}")
        if answer.get("errcode") != 0 or not answer.get("access_token"):
            raise Refused(f"{answer.get('errcode')} {answer.get('errmsg', '')}"[:300])
        seconds = answer.get("expires_in")
        cache.set(KEY, answer["access_token"], max((seconds if isinstance(seconds, int) else 7200) - 300, 60))
        return str(answer["access_token"])
