"""The port to a language model: excerpts in, sentences with quotes out; none is believed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ingest.quotes import Excerpt, WrittenAnswer


class AnswerWriter(Protocol):
    """Whoever answers a question from excerpts; it never raises for a model that fails."""

    def write(
        self,
        question: str,
        excerpts: Sequence[Excerpt],
        *,
        language: str,
        earlier: Sequence[str] = (),
        listener: object | None = None,
    ) -> WrittenAnswer:
        """Sentences, each with the passage and the words that it stands on.

        Args:
            question: As it was asked.
            excerpts: All that may be cited, the best first.
            language: `en` or `de`: in which to write.
            earlier: Questions asked before in the same conversation, the oldest first.
            listener: Hears drafts; this room passes it on as it is.
        """
