"""Where a request comes from: the one place that knows when the word of a proxy counts."""

from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """The reader's address for audit rows, sessions, logs and limits; None where the server was told none.

    Each proxy of ours appends the address it was called from to X-Forwarded-For, so with N proxies (TRUSTED_PROXIES)
    the Nth entry from the right is what our outermost proxy saw, and all to the left of it is a stranger's claim. With
    N = 0 the header says nothing. An entry that is no address is passed over for the address of the connection.
    """
    count = settings.TRUSTED_PROXIES
    said = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")] if count > 0 else []
    for text in (*said[-count:][:1], request.META.get("REMOTE_ADDR", "")):
        try:
            found = ip_address(text)
        except ValueError:
            continue
        mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
        return str(mapped or found)
    return None
