"""Questions and askers for the tests of everything between a question and a checked reply."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

from ingest.vocabulary import Account
from prompting.asking import Asker
from prompting.question import Question, no_less
from prompting.reply_cache import CacheLimits, ReplyCache
from prompting.settings import PromptingSettings
from tests.fakes import FakeModel, Said

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"word": {"type": "string", "enum": ["hot", "cold"]}, "note": {"type": "string"}},
    "required": ["word"],
    "additionalProperties": False,
}
HOT = '{"word": "hot"}'
WRONG = '{"word": "lukewarm"}'


def settings(**more: Any) -> PromptingSettings:
    """Those of a model that is tried quickly."""
    return PromptingSettings(**{"llm_deadline_s": 30.0, **more})


def question(user: str = "How is it?", **more: Any) -> Question[dict[str, Any]]:
    """A question whose reply is read as it is."""
    return Question("ask@1.0.0#0", "Be short.", user, SCHEMA, **{"read": dict, **more})


def shrinking(words: int) -> Question[dict[str, Any]]:
    """A question that can be asked over half of its words."""
    fewer = (lambda: shrinking(words // 2)) if words > 1 else no_less
    return question(" ".join(["word"] * words), smaller=fewer)


def asker(*said: Said, observer: Figures | None = None, **more: Any) -> tuple[Asker, FakeModel]:
    """An asker of a model that says this."""
    own = {name: more.pop(name) for name in ("cache", "redaction") if name in more}
    context = more.pop("context_tokens", None)
    model = FakeModel(*said, context_tokens=context)
    return Asker(model, settings(**more), observer=observer, **own), model


def fill(path: Path, name: str) -> None:
    """Keep some replies, as one of many who do."""
    cache = ReplyCache(path, CacheLimits(entries=50, size=100_000, age_s=1e6))
    for turn in range(10):
        cache.put(f"{name}-{turn}", f"reply {turn}")
        cache.get(f"{name}-{turn}")


class Figures:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.accounts: list[Account] = []
        self.fallbacks: Counter[str] = Counter()
        self.sentences = 0
        self._lock = threading.Lock()

    def asked(self, engine: str, model: str, *, outcome: str, account: Account) -> None:
        """One more."""
        with self._lock:
            self.outcomes[outcome] += 1
            self.accounts.append(account)

    def fell_back(self, reason: str) -> None:
        """One more."""
        self.fallbacks[reason] += 1

    def replaced(self, engine: str, model: str, *, sentences: int) -> None:
        """So many more."""
        self.sentences += sentences
