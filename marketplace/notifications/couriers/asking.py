"""JSON over HTTP to servers that the operator named in the settings (not to addresses that users enter)."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from marketplace.notifications.couriers.port import Refused, Uncertain

WAIT_S = 10
MOST_BYTES = 256 * 1024


def post_json(url: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
    """The answer as a dictionary, empty where it is none. Raises Refused, Uncertain."""
    return _ask(url, json.dumps(body, ensure_ascii=False).encode(), headers or {})


def get_json(url: str) -> dict[str, Any]:
    """As `post_json`, without a body."""
    return _ask(url, None, {})


def _ask(url: str, body: bytes | None, headers: dict[str, str]) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310  # the operator's own setting
        url, data=body, headers={"Content-Type": "application/json; charset=utf-8", **headers}
    )
    try:
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:  # noqa: S310
            raw = answer.read(MOST_BYTES)
    except urllib.error.HTTPError as error:
        raise Refused(f"HTTP {error.code}") from error
    except urllib.error.URLError as error:
        # wrapped only while connecting and sending the head; a reset after that may hide a message taken
        if isinstance(error.reason, ConnectionRefusedError) or not isinstance(error.reason, OSError):
            raise Refused(repr(error.reason)) from error
        raise Uncertain(repr(error.reason)) from error
    except OSError as error:
        raise Uncertain(repr(error)) from error
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
