"""What a summary is asked for, and the questions to a model that follow from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from ingest.vocabulary import Evidence
from prompting.draft import Draft
from prompting.pack import LEFT, Pack, by_onset, by_urgency, pack
from prompting.prompt_file import Prompt
from prompting.question import Question, no_less
from prompting.redaction import Masks
from prompting.schema import draft_of, summary_schema
from prompting.slots import Reader

PROMPT_TOKENS = 2_450
"""Most tokens of the whole prompt, system and user; more where its file asks for more evidence."""

Count = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Brief:
    """A machine or a line between two instants, for one reader."""

    scope: str
    start: datetime
    end: datetime
    prompt: Prompt
    reader: Reader
    evidence: tuple[Evidence, ...]
    """All of it, first onset first."""

    @property
    def chosen(self) -> tuple[Evidence, ...]:
        """The most urgent items and all that must be told, first onset first: what may be told."""
        ranked, most = by_urgency(self.evidence), self.prompt.front.items
        return by_onset([*ranked[:most], *(item for item in ranked[most:] if item.kind in LEFT)])

    def question(self, count: Count, masks: Masks, items: int | None = None) -> Question[Draft]:
        """What a model is asked, over so many items at most; half of those at the next try."""
        empty = Pack("", (), len(self.evidence))
        whole = max(PROMPT_TOKENS, self.prompt.front.tokens)
        rest = sum(map(count, self._filled(empty)))
        shown = pack(
            self.evidence,
            self.reader,
            items=items or self.prompt.front.items,
            tokens=min(self.prompt.front.tokens, whole - rest),
            count=count,
            hide=masks.hide,
        )
        system, user = self._filled(shown)
        fewer = len(shown.evidence) // 2
        smaller = partial(self.question, count, masks, fewer) if fewer else no_less
        return Question(
            prompt=self.prompt.reference,
            system=system,
            user=user,
            schema=summary_schema(
                [item.id for item in shown.evidence], self.prompt.front.statements
            ),
            read=draft_of,
            smaller=smaller,
            max_tokens=self.prompt.front.reply_tokens,
            masks=masks,
        )

    def _filled(self, shown: Pack) -> tuple[str, str]:
        return self.prompt.fill(
            {
                "scope": self.scope,
                "start": self._clock(self.start),
                "end": self._clock(self.end),
                "evidence": shown.text,
                "left_out": shown.left_out,
                "statements": self.prompt.front.statements,
            }
        )

    def _clock(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.reader.zone):%Y-%m-%d %H:%M}"
