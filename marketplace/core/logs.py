"""Structured logs: one line an event, JSON in production, readable elsewhere; the request id follows into tasks."""

import logging
from typing import Any

import structlog
from django.http import HttpRequest
from structlog.typing import Processor

from marketplace.core.connections import address_of

SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.PositionalArgumentsFormatter(),
]


def formatter(*, as_json: bool) -> logging.Formatter:
    """A formatter for the standard library's handlers; also sets structlog up to speak through them."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.processors.UnicodeDecoder(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    last: list[Processor]
    if as_json:
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        last = [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )


def bind_address(request: HttpRequest, **rest: Any) -> None:
    """A receiver for the start of each request: its log lines carry the reader's address."""
    structlog.contextvars.bind_contextvars(ip=address_of(request))
