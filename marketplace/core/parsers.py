"""The one body the API reads: JSON whose every text a column can hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext_lazy as _
from rest_framework.parsers import JSONParser

from marketplace.core.errors import DomainError


class BodyUnreadable(DomainError):
    """Text that neither a column nor an answer can hold, or nesting without end."""

    code = "body_unreadable"
    status = 400
    sentence = _("The body holds a NUL character, half a surrogate pair, or nesting too deep to read.")
    remedy = _("Send plain JSON in UTF-8.")


class PlainJSONParser(JSONParser):
    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The body as JSON. Raises BodyUnreadable, and ParseError for what is no JSON."""
        try:
            body = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise BodyUnreadable() from error
        waiting: list[Any] = [body]
        while waiting:
            one = waiting.pop()
            if isinstance(one, dict):
                waiting += [*one.keys(), *one.values()]
            elif isinstance(one, list):
                waiting += one
            elif isinstance(one, str) and any(char == "\0" or "\ud800" <= char <= "\udfff" for char in one):
                raise BodyUnreadable()
        return body
