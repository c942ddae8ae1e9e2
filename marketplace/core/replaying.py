"""Acts of programs that may be sent twice: the same `Idempotency-Key` with the same content is answered as before.

The key's row is written in the transaction of the act, so both stand or fall together; a second request with the key
waits for the first. A refusal is not kept: nothing was done, and the key may be used again.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.core import clock
from marketplace.core.errors import DomainError, OutOfRange
from marketplace.core.models import AnsweredRequest

HEADER, REPLAYED, LONGEST = "Idempotency-Key", "Idempotent-Replayed", 120
#: How long an answer is kept: longer than any program goes on trying.
KEPT = timedelta(days=30)
#: For `extend_schema(parameters=[…])` of an act that takes keys.
KEY = OpenApiParameter(
    HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The same key and content answer as before; another content under a known key is refused with 409.",
)
Act = Callable[..., Response]


class KeyUsed(DomainError):
    """The key stands for another request."""

    code = "idempotency_key_used"
    sentence = _("This idempotency key was used for another request.")
    remedy = _("Choose a new key for each act; repeat one with exactly the same content.")


def answered_once(act: Act) -> Act:
    """Decorate a method of an API view: with a key in its header the act happens once, however often it is sent.

    Raises KeyUsed (409), OutOfRange for a key that is too long, and whatever the act raises.
    """

    @functools.wraps(act)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key, user_id = request.headers.get(HEADER, ""), request.user.pk
        if not key or user_id is None:
            return act(view, request, *args, **kwargs)
        if len(key) > LONGEST:
            raise OutOfRange(field=HEADER, range=f"1 – {LONGEST}")
        digest = _digest(request)
        with transaction.atomic():
            if not _begin(user_id, key, digest):
                return _as_before(user_id, key, digest)
            answer = act(view, request, *args, **kwargs)
            AnsweredRequest.objects.filter(user_id=user_id, key=key).update(
                status=answer.status_code, answer=json.loads(json.dumps(answer.data, cls=DjangoJSONEncoder))
            )
        return answer

    return once


def _digest(request: Request) -> str:
    """What was asked: the verb, the address and the content, in one spelling."""
    given = dict(request.data.lists()) if isinstance(request.data, QueryDict) else request.data
    content = json.dumps(given, default=_plain, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(f"{request.method} {request.path}\n{content}".encode()).hexdigest()


def _plain(value: Any) -> Any:
    """A file counts by its bytes; all else as JSON writes it."""
    if isinstance(value, UploadedFile):
        sha256 = hashlib.sha256()
        for chunk in value.chunks():
            sha256.update(chunk)
        value.seek(0)
        return [value.name, sha256.hexdigest()]
    return DjangoJSONEncoder().default(value)


def _begin(user_id: int, key: str, digest: str) -> bool:
    """Take the key; False when it is known. Waits while another request with it is under way."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_answeredrequest (user_id, key, digest, status, at) VALUES (%s, %s, %s, 0, %s)"
            " ON CONFLICT (user_id, key) DO NOTHING",
            [user_id, key, digest, clock.now()],
        )
        return bool(cursor.rowcount)


def _as_before(user_id: int, key: str, digest: str) -> Response:
    known = AnsweredRequest.objects.get(user_id=user_id, key=key)
    if known.digest != digest:
        raise KeyUsed()
    return Response(known.answer, status=known.status, headers={REPLAYED: "true"})


def forget_answers() -> int:
    """Drop answers nobody asks for any more; returns how many."""
    count, _models = AnsweredRequest.objects.filter(at__lt=clock.now() - KEPT).delete()
    return count
