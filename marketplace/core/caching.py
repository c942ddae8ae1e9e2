"""A Redis cache that forgives: with Redis away every read is a miss and every write is dropped.

Keys that count are the exception: a limit that cannot be counted would be no limit, so those calls refuse instead.
"""

from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError

from marketplace.core.errors import DomainError

log = structlog.get_logger(__name__)


class CannotCount(DomainError):
    """Tries cannot be counted now, so what needs a limit stays shut."""

    code = "cannot_count"
    status = 503
    sentence = _("This is closed for a moment: the market cannot count tries just now.")
    remedy = _("Try again in a minute. Public pages and search stay open.")


class ForgivingRedisCache(RedisCache):
    """Nothing that matters lives in the cache, so losing it slows pages and breaks none.

    Keys that begin with one of OPTIONS["COUNTING"] hold limits: for them every call raises CannotCount instead.
    """

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        options = dict(params.get("OPTIONS", {}))
        self._counting: tuple[str, ...] = tuple(options.pop("COUNTING", ()))
        super().__init__(server, {**params, "OPTIONS": options})

    def _forgive(self, call: Callable[[], Any], otherwise: Any, key: Any = "") -> Any:
        try:
            return call()
        except (RedisError, OSError) as error:
            log.warning("cache_unreachable", error=str(error))
            if str(key).startswith(self._counting):
                raise CannotCount() from error
            return otherwise

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._forgive(lambda: super(ForgivingRedisCache, self).get(key, default, version), default, key)

    def set(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> None:
        self._forgive(lambda: super(ForgivingRedisCache, self).set(key, value, timeout, version), None, key)

    def add(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> Any:
        return self._forgive(lambda: super(ForgivingRedisCache, self).add(key, value, timeout, version), True, key)

    def delete(self, key: Any, version: int | None = None) -> Any:
        return self._forgive(lambda: super(ForgivingRedisCache, self).delete(key, version), False, key)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> Any:
        return self._forgive(lambda: super(ForgivingRedisCache, self).incr(key, delta, version), 1, key)

    def get_many(self, keys: Any, version: int | None = None) -> Any:
        return self._forgive(lambda: super(ForgivingRedisCache, self).get_many(keys, version), {})

    def set_many(self, data: Any, timeout: Any = 300, version: int | None = None) -> Any:
        return self._forgive(lambda: super(ForgivingRedisCache, self).set_many(data, timeout, version), list(data))

    def touch(self, key: Any, timeout: Any = 300, version: int | None = None) -> Any:
        return self._forgive(lambda: super(ForgivingRedisCache, self).touch(key, timeout, version), False, key)

    def has_key(self, key: Any, version: int | None = None) -> Any:
        return self._forgive(lambda: super(ForgivingRedisCache, self).has_key(key, version), False, key)

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        self._forgive(lambda: super(ForgivingRedisCache, self).delete_many(keys, version), None)
