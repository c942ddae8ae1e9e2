"""The one way out to addresses that users entered: to public machines only, over TLS, once, briefly.

The name is resolved once, every answer is judged, and the connection goes to the very address that was judged: a name
that answers differently a moment later (rebinding) changes nothing. No redirect is followed, at most 64 KiB are read,
and all of it ends after five seconds. What the other side wrote is thrown away.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import DomainError

MOST_S = 5
MOST_BYTES = 64 * 1024
#: Ranges that carry an IPv4 address inside, or are no place on the open network, though Python calls some global.
CLOSED = [
    ipaddress.ip_network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "192.88.99.0/24")
]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefused(DomainError):
    """The address cannot be one of a machine on the open network that speaks TLS."""

    code = "webhook_address_refused"
    status = 422
    sentence = _("This address cannot be told anything: %(why)s.")
    remedy = _("Give an https address of a machine on the public network, without a user name.")


class NotDelivered(Exception):  # reads as the sentence it is
    """No answer: the name did not resolve, nobody listened, TLS failed, or time ran out. The words go to the log."""


@dataclass(frozen=True)
class Target:
    host: str
    port: int
    path: str
    address: str


def is_public(address: Address) -> bool:
    """Whether an address is a place on the open network, or in a network the operator let in by name."""
    if any(address in network for network in _let_in()):
        return True
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return is_public(mapped)
    return address.is_global and not address.is_multicast and not any(address in one for one in CLOSED)


def _let_in() -> list[Any]:
    return [ipaddress.ip_network(one) for one in settings.WEBHOOK_PRIVATE_NETWORKS]


def read(url: str) -> tuple[str, int, str]:
    """(host, port, path) of an https address. Raises AddressRefused."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError as error:
        raise AddressRefused(field="url", why=_("it is not an address")) from error
    if parts.scheme != "https" or not parts.hostname:
        raise AddressRefused(field="url", why=_("it does not begin with https://"))
    if parts.username is not None or parts.password is not None:
        raise AddressRefused(field="url", why=_("it carries a user name"))
    if any(ord(sign) <= 32 or ord(sign) == 127 for sign in url):
        raise AddressRefused(field="url", why=_("it is not an address"))
    try:
        host = parts.hostname.encode("idna").decode()
    except UnicodeError as error:
        raise AddressRefused(field="url", why=_("it is not an address")) from error
    path = parts.path or "/"
    return host, port, f"{path}?{parts.query}" if parts.query else path


def judged(url: str) -> Target:
    """Resolve the name of an address once and judge every answer. Raises AddressRefused, NotDelivered."""
    host, port, path = read(url)
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotDelivered(f"name not resolved: {type(error).__name__}") from error
    found = [ipaddress.ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers]
    if not found or not all(is_public(one) for one in found):
        raise AddressRefused(field="url", why=_("it is not on the public network"))
    return Target(host, port, path, str(found[0]))


class _Pinned(http.client.HTTPSConnection):
    """Connects to the address that was judged; the name is used for TLS and the Host header alone."""

    def __init__(self, target: Target) -> None:
        self._tls = ssl.create_default_context(cafile=settings.WEBHOOK_CA_FILE or None)
        super().__init__(target.host, target.port, timeout=MOST_S, context=self._tls)
        self._target = target
        self._wire: socket.socket | None = None

    def connect(self) -> None:
        self._wire = socket.create_connection((self._target.address, self._target.port), timeout=MOST_S)
        self.sock = self._wire = self._tls.wrap_socket(self._wire, server_hostname=self._target.host)

    def cut(self) -> None:
        """End whatever is going on over the wire, from another thread; the answer may have taken it from `sock`."""
        if self._wire is not None:
            with contextlib.suppress(OSError):  # it may have ended by itself
                self._wire.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        super().close()
        if self._wire is not None:
            self._wire.close()


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """Post once; returns the status and the Retry-After header. Raises AddressRefused, NotDelivered."""
    connection = _Pinned(judged(url))
    late = threading.Event()

    def cut() -> None:
        late.set()
        connection.cut()

    watch = threading.Timer(MOST_S, cut)
    watch.daemon = True
    watch.start()
    try:
        path = read(url)[2]
        connection.request("POST", path, body=body, headers={"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        answer.read(MOST_BYTES)
        if late.is_set():  # what is cut off here ends without an error
            raise NotDelivered("time ran out")
        return answer.status, answer.getheader("Retry-After") or ""
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = "time ran out" if late.is_set() or isinstance(error, TimeoutError) else type(error).__name__
        raise NotDelivered(why) from error
    finally:
        watch.cancel()
        connection.close()
