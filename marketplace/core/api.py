"""What every API answer has in common: how a refusal looks."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from marketplace.core.errors import DomainError, NotFound, NotPermitted


def refusal_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error as {"error": {code, message, message_zh, message_en, …}}; field errors under "fields"."""
    if isinstance(error, Http404):
        error = NotFound()
    elif isinstance(error, PermissionDenied):
        error = NotPermitted()
    if isinstance(error, DomainError):
        return Response({"error": error.as_dict()}, status=error.status)
    response = exception_handler(error, context)
    if response is None:
        return None
    code = getattr(error, "default_code", "error")
    body: dict[str, Any] = {"code": code, "message": ""}
    if isinstance(error, exceptions.ValidationError):
        body["fields"] = response.data
    elif isinstance(response.data, dict):
        body["message"] = str(response.data.get("detail", ""))
    response.data = {"error": body}
    return response
