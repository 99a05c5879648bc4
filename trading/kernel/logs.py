"""What the server writes for its operators: one line an event, plain tracebacks, never a body, a cookie or a secret."""

import logging
import sys

import structlog


def configure_logs(level: str) -> None:
    """Log events of `level` and above to standard error, times in UTC.

    Tracebacks are plain: drawing them with all local variables takes seconds on the event loop, and would write down
    what people sent.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
