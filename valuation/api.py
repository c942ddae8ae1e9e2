"""Valuations for programs: any figure of a report recomputed by whoever holds its inputs."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.core.errors import BadInput
from valuation.entry import answer, ask
from valuation.methods import METHODS
from valuation.simulation.questions import QUESTIONS
from valuation.throttles import MembersValuing, StrangersValuing

MOST_QUESTIONS = 100
#: Of one request, all its questions together.
MOST_DRAWS = 2_000_000


class TooManyQuestions(BadInput):
    code = "too_many_questions"
    sentence = _("At most %(most)s questions can be asked at once.")


# Written out, because one address takes an object or a list of them, which serializers cannot say.
QUESTION: dict[str, Any] = {
    "type": "object",
    "required": ["method", "input"],
    "properties": {
        "method": {"type": "string", "enum": [*METHODS, *QUESTIONS]},
        "input": {
            "type": "object",
            "additionalProperties": True,
            "description": "Numbers are ints, floats or decimal strings; unknown keys are ignored.",
        },
    },
}
ANSWER: dict[str, Any] = {
    "type": "object",
    "description": "The value and every intermediate figure of the method; or `error` alone.",
    "properties": {
        "method": {"type": "string"},
        "value": {
            "type": "string",
            "description": "To the cent; a rate to twelve decimals where the method gives one.",
        },
        "formula": {"type": "string"},
        "engine": {"type": "string", "description": "Version of the formulas."},
        "rows": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
        "histogram": {
            "type": "object",
            "description": "Of a simulation: draws counted in bins of one width, from low to high, under and over.",
            "properties": {
                "low": {"type": "string"},
                "high": {"type": "string"},
                "counts": {"type": "array", "items": {"type": "integer"}},
                "under": {"type": "integer"},
                "over": {"type": "integer"},
            },
        },
        "error": {
            "type": "object",
            "properties": {
                "code": {"type": "string"},
                "field": {"type": "string", "description": "A path such as comparables[1].revenue."},
                "message": {"type": "string"},
            },
        },
    },
    "additionalProperties": True,
}


def one_or_many(schema: dict[str, Any]) -> dict[str, Any]:
    return {"oneOf": [schema, {"type": "array", "items": schema, "maxItems": MOST_QUESTIONS}]}


class ComputeView(APIView):
    """Open to anybody: nothing is read or kept, and a figure is to be recomputed by whoever relies on it."""

    permission_classes = [AllowAny]
    throttle_classes = [StrangersValuing, MembersValuing]

    @extend_schema(
        operation_id="valuation_compute",
        request={"application/json": one_or_many(QUESTION)},
        responses={(200, "application/json"): one_or_many(ANSWER), (422, "application/json"): ANSWER},
        examples=[
            OpenApiExample(
                "Replacement cost",
                value={"method": "replacement_cost", "input": {"current_cost": 500000, "functional": "0.10"}},
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        """Value one question (a refusal answers 422), or a list (answers in order, refusals in their places)."""
        if not isinstance(request.data, list):
            return Response(ask(request.data, most_draws=MOST_DRAWS))
        if len(request.data) > MOST_QUESTIONS:
            raise TooManyQuestions(most=MOST_QUESTIONS)
        left, answers = MOST_DRAWS, []
        for question in request.data:
            answers.append(answer(question, most_draws=max(left, 2)))
            left -= int(answers[-1].get("draws", 0))
        return Response(answers)
