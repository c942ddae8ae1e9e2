"""A Redis cache that forgives: with Redis away every read is a miss and every write is dropped."""

from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


class ForgivingRedisCache(RedisCache):
    """Nothing that matters lives in the cache, so losing it slows pages and breaks none."""

    def _forgive(self, call: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return call()
        except (RedisError, OSError) as error:
            log.warning("cache_unreachable", error=str(error))
            return otherwise

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._forgive(lambda: super(ForgivingRedisCache, self).get(key, default, version), default)

    def set(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> None:
        self._forgive(lambda: super(ForgivingRedisCache, self).set(key, value, timeout, version), None)

    def add(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> Any:
        return self._forgive(lambda: super(ForgivingRedisCache, self).add(key, value, timeout, version), True)

    def delete(self, key: Any, version: int | None = None) -> Any:
        return self._forgive(lambda: super(ForgivingRedisCache, self).delete(key, version), False)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> Any:
        return self._forgive(lambda: super(ForgivingRedisCache, self).incr(key, delta, version), 1)

    def get_many(self, keys: Any, version: int | None = None) -> Any:
        return self._forgive(lambda: super(ForgivingRedisCache, self).get_many(keys, version), {})

    def set_many(self, data: Any, timeout: Any = 300, version: int | None = None) -> Any:
        return self._forgive(lambda: super(ForgivingRedisCache, self).set_many(data, timeout, version), list(data))

    def touch(self, key: Any, timeout: Any = 300, version: int | None = None) -> Any:
        return self._forgive(lambda: super(ForgivingRedisCache, self).touch(key, timeout, version), False)

    def has_key(self, key: Any, version: int | None = None) -> Any:
        return self._forgive(lambda: super(ForgivingRedisCache, self).has_key(key, version), False)

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        self._forgive(lambda: super(ForgivingRedisCache, self).delete_many(keys, version), None)
