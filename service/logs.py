"""Log lines for people and for grep: time, level, a fixed phrase, then the fields."""

from __future__ import annotations

import logging

_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class FieldFormatter(logging.Formatter):
    """Shows what was handed over as `extra`, so that a phrase stays the same each time."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """The phrase and its fields on one line."""
        fields = [
            f"{name}={str(value)!r}"
            for name, value in sorted(vars(record).items())
            if name not in _USUAL
        ]
        return _unable(" ".join([super().formatMessage(record), *fields]))


def log_of_commands() -> None:
    """What a command logs, where nothing else was set up, is formed like the log of the service."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(FieldFormatter("%(message)s"))


def _unable(words: str) -> str:
    """To control a terminal: a file's name may stand in a phrase, and is whatever it is."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in words)


def log_to_stderr(level: int = logging.INFO) -> None:
    """Let the process log to standard error; the chatter of libraries only from warnings on."""
    handler = logging.StreamHandler()
    handler.setFormatter(FieldFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in ("httpx", "httpcore", "transformers", "sse_starlette", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
