"""How often the API may be asked, by reader's address and by person. With Redis away public reads stay open."""

from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, UserRateThrottle

from marketplace.core.connections import address_of


class Strangers(AnonRateThrottle):
    def get_ident(self, request: Request) -> str:
        return address_of(request._request) or ""


class Members(UserRateThrottle):
    def get_ident(self, request: Request) -> str:
        return address_of(request._request) or ""
