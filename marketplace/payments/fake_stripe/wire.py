"""What travels: form bodies with brackets in, errors out, as the API's clients write and expect them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

NAME = re.compile(r"[^\[\]]+")


class ApiError(Exception):
    """An error answer. `has_begun` says that execution had started: then state is kept, and so is the answer."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        has_begun: bool = False,
        **more: Any,
    ) -> None:
        self.status, self.has_begun = status, has_begun
        error = {"type": kind, "message": message, **more}
        if code:
            error["code"] = code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
        if param:
            error["param"] = param
        self.error = error
        super().__init__(message)

    def body(self) -> dict[str, Any]:
        return {"error": self.error}


def missing(kind: str, pk: str, param: str = "id") -> ApiError:
    return ApiError(404, f"No such {kind}: '{pk}'", code="resource_missing", param=param)


def read_form(text: str) -> dict[str, Any]:
    """A body such as `a[b]=1&c[]=2&d[0][e]=3` as nested dicts; lists come as dicts keyed by place."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        steps = NAME.findall(name)
        if not steps:
            raise ApiError(400, f"Invalid parameter name: {name}", code="parameter_unknown", param=name)
        if name.endswith("[]"):
            steps.append("")
        place = tree
        for step in steps[:-1]:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                raise ApiError(400, f"Invalid object: {name}", param=name)
        last = steps[-1]
        place[str(len(place)) if last == "" else last] = value
    return tree


class Params:
    """The parameters of one request, each asked for once by name; what nobody asked for is refused as unknown."""

    def __init__(self, tree: dict[str, Any], path: str = "") -> None:
        self.tree, self.path = tree, path
        self.asked: set[str] = set()
        self.inner: list[Params] = []

    def _name(self, name: str) -> str:
        return f"{self.path}[{name}]" if self.path else name

    def _take(self, name: str) -> Any:
        self.asked.add(name)
        return self.tree.get(name)

    def has(self, name: str) -> bool:
        return name in self.tree

    def text(self, name: str, default: str = "") -> str:
        value = self._take(name)
        if isinstance(value, dict):
            raise ApiError(400, f"Invalid string: {self._name(name)}", param=self._name(name))
        return default if value is None else str(value)

    def needed(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise ApiError(
                400,
                f"Missing required param: {self._name(name)}.",
                code="parameter_missing",
                param=self._name(name),
            )
        return value

    def whole(self, name: str, default: int | None = None) -> int | None:
        value = self.text(name)
        if not value:
            return default
        if not re.fullmatch(r"-?\d{1,12}", value):
            raise ApiError(400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=self._name(name))
        return int(value)

    def amount(self, name: str = "amount", default: int | None = None) -> int:
        value = self.whole(name, default)
        if value is None:
            self.needed(name)
            raise AssertionError("needed() refuses")
        if value < 1:
            raise ApiError(
                400,
                "This value must be greater than or equal to 1.",
                code="parameter_invalid_integer",
                param=self._name(name),
            )
        if value > 99_999_999:
            raise ApiError(400, "Amount must be no more than 99999999.", code="amount_too_large", param=name)
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.text(name)
        if value not in ("", "true", "false"):
            raise ApiError(400, f"Invalid boolean: {value}", param=self._name(name))
        return default if value == "" else value == "true"

    def strings(self, name: str) -> dict[str, str]:
        """A flat mapping, as metadata is."""
        value = self._take(name)
        if value in (None, ""):
            return {}
        if not isinstance(value, dict) or any(isinstance(one, dict) for one in value.values()):
            raise ApiError(400, f"Invalid hash: {self._name(name)}", param=self._name(name))
        return {key: str(one) for key, one in value.items()}

    def words(self, name: str) -> list[str]:
        value = self._take(name)
        if value is None:
            return []
        if not isinstance(value, dict):
            raise ApiError(400, f"Invalid array: {self._name(name)}", param=self._name(name))
        return [str(value[key]) for key in sorted(value, key=lambda key: int(key) if key.isdigit() else 0)]

    def sub(self, name: str) -> Params:
        """The parameters nested under `name`; empty ones when there are none."""
        value = self._take(name)
        if value is not None and not isinstance(value, dict):
            raise ApiError(400, f"Invalid object: {self._name(name)}", param=self._name(name))
        inner = Params(value or {}, self._name(name))
        self.inner.append(inner)
        return inner

    def each(self, name: str) -> list[Params]:
        """The objects of a list of objects."""
        listing = self.sub(name)
        return [listing.sub(key) for key in sorted(listing.tree)]

    def allow(self, names: Iterable[str]) -> None:
        """Take these without using them: they change nothing that the market could see."""
        self.asked.update(names)

    def refuse_unknown(self) -> None:
        """Raises ApiError for the first parameter nobody asked for, as the API does."""
        for name in self.tree:
            if name not in self.asked:
                full = self._name(name)
                raise ApiError(400, f"Received unknown parameter: {full}", code="parameter_unknown", param=full)
        for inner in self.inner:
            inner.refuse_unknown()
