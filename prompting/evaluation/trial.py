"""One shift through the arms: generated, looked at, told, scored."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.baseline import Baseline
from ingest.vocabulary import Evidence, Summary
from prompting.asking import Asker
from prompting.evaluation.look import look, normal
from prompting.evaluation.raw_log import ask_raw
from prompting.evaluation.readability import reading_ease
from prompting.evaluation.scoring import FalseAlarm, Found, false_alarms, find, speaks_of
from prompting.evaluation.shifts import Shift, generate
from prompting.evaluation.telling import (
    ZONE,
    Injection,
    Teller,
    Told,
    cited_ids,
    cited_names,
    disarmed,
    jaccard,
    language_of,
)
from prompting.library import PromptLibrary
from prompting.pack import by_urgency
from prompting.settings import PromptingSettings
from prompting.summarizer import Summarizer
from prompting.writers.choice import asker_of

DETERMINISTIC, RAW_LOG, EVIDENCE = "deterministic", "raw-log", "evidence"
ARMS = (DETERMINISTIC, RAW_LOG, EVIDENCE)
MODEL_ARMS = (RAW_LOG, EVIDENCE)
MOST_URGENT = 10
STABILITY_EVERY = 10
"""Every so many shifts are told once more, with the same evidence and with other noise."""


@dataclass(frozen=True, slots=True)
class Stability:
    """Whether a second telling is as the first."""

    same: bool
    """Over the same evidence."""
    jaccard: float
    """Of what is cited, when the noise is another."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One shift in one arm."""

    arm: str
    seed: int
    quiet: bool
    signals: int
    found: tuple[Found, ...]
    false: tuple[FalseAlarm, ...]
    told: Told
    stability: Stability | None = None
    injection: Injection | None = None
    looking_s: float = 0.0
    """CPU seconds for the evidence."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A shift and what was found in it."""

    shift: Shift
    baseline: Baseline
    evidence: tuple[Evidence, ...]
    looking_s: float

    @classmethod
    def of(cls, shift: Shift) -> _Seen:
        """The shift with its evidence."""
        began = time.process_time()
        baseline = normal(shift)
        evidence = look(shift, baseline)
        return cls(shift, baseline, evidence, time.process_time() - began)


class Stand:
    """Puts shifts through the arms; one a process."""

    def __init__(self, settings: PromptingSettings, arms: Sequence[str]) -> None:
        self._arms = tuple(arms)
        self._prompts = PromptLibrary(settings.prompts_folder)
        self._asker: Asker | None = None
        if set(arms) & set(MODEL_ARMS):
            self._asker = asker_of(settings)
        self._settings = settings

    def close(self) -> None:
        """Let go of the model."""
        if self._asker is not None:
            self._asker.close()

    def test(self, seed: int, *, quiet: bool) -> list[Trial]:
        """One shift in every arm."""
        shift = generate(seed, quiet=quiet)
        seen = _Seen.of(shift) if set(self._arms) - {RAW_LOG} else None
        return [
            self._raw(shift) if arm == RAW_LOG or seen is None else self._told(seen, arm)
            for arm in self._arms
        ]

    def _told(self, seen: _Seen, arm: str) -> Trial:
        shift, evidence = seen.shift, seen.evidence
        asker = self._asker if arm == EVIDENCE else None
        teller = Teller(Summarizer(asker, self._prompts, timezone=ZONE), self._prompts)
        summary = teller.tell(shift, evidence)
        cited = set(cited_ids(summary, language_of(shift)))
        return Trial(
            arm,
            shift.seed,
            shift.quiet,
            len(shift.specs),
            tuple(find(shift, by_urgency(evidence), cited, MOST_URGENT)),
            tuple(false_alarms(shift, evidence)),
            teller.figures(shift, summary),
            self._stability(teller, seen, summary),
            self._injection(teller, seen, summary),
            seen.looking_s,
        )

    @staticmethod
    def _stability(teller: Teller, seen: _Seen, summary: Summary) -> Stability | None:
        shift = seen.shift
        if shift.quiet or shift.seed % STABILITY_EVERY:
            return None
        again = teller.tell(shift, seen.evidence)
        noisy = generate(shift.seed, noise=1)
        other = teller.tell(noisy, look(noisy))
        same = (again.headline, again.statements) == (summary.headline, summary.statements)
        names = (cited_names(one, language_of(shift)) for one in (summary, other))
        return Stability(same, jaccard(*names))

    @staticmethod
    def _injection(teller: Teller, seen: _Seen, summary: Summary) -> Injection | None:
        if not seen.shift.injected:
            return None
        harmless = look(disarmed(seen.shift), seen.baseline)
        return teller.injection(seen.shift, summary, harmless)

    def _raw(self, shift: Shift) -> Trial:
        if self._asker is None:
            raise ValueError("the raw log needs a model")
        claims = ask_raw(self._asker, self._settings, shift)
        items, ids = claims.items, {item.id for item in claims.items}
        matched = sum(any(speaks_of(item, fault) for fault in shift.faults) for item in items)
        told = Told(
            statements=len(items),
            faithful=matched,
            replaced=0,
            earliest_first=None,
            first_out_first=None,
            ease=reading_ease(claims.texts, "en"),
            prompt_tokens=claims.prompt_tokens,
            account=claims.account,
        )
        return Trial(
            RAW_LOG,
            shift.seed,
            shift.quiet,
            len(shift.specs),
            tuple(find(shift, items, ids, MOST_URGENT)),
            tuple(false_alarms(shift, items)),
            told,
        )
