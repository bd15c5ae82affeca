"""When a card opens, stays and resolves: pure decisions over the evidence of one look.

An alarm, a crossed limit or a silent machine opens a card at once, or after a short time without
a word. A signal that only changed must stay changed for a while in the same machine state, and a
note must be understood the same way twice, or be borne out by a change, before a person is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ingest.vocabulary import Evidence, EvidenceKind, Issue, Severity

URGENT = frozenset(
    {
        EvidenceKind.LIMIT_VIOLATION,
        EvidenceKind.ALARM,
        EvidenceKind.CHATTERING,
        EvidenceKind.FLOOD,
        EvidenceKind.STANDING,
        EvidenceKind.FIRST_OUT,
    }
)
"""Someone set a limit or programmed an alarm for exactly this."""
CHANGES = frozenset({EvidenceKind.STEP, EvidenceKind.DRIFT})
"""The machine differs from its own recent past; not every difference is a fault."""
SILENCE = frozenset({EvidenceKind.DROPOUT, EvidenceKind.GAP})
CARRIED = "level"
"""A crossed limit with this number is told with the shift that carried the signal over it, and ends
with the shift: the signal may be back within its limits for long."""
TITLE_LENGTH = 160

Mark = tuple[str, str]
"""By what a finding is known again at the next look: its kind and one of its signals or codes. A
finding of several signals has a mark for each: one more may join it, or another may lead."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The durations that a decision needs."""

    clear: timedelta
    """Calm needed before a card resolves."""
    confirm: timedelta
    """How long a change without alarm or limit must last before it opens a card."""
    silence: timedelta
    """How long a silence must last."""
    recent: timedelta
    """What ended less than this ago counts as present: an alarm may come and go between looks."""
    recovery: timedelta
    """How long after a card a change, a silence or a note opens no new one."""

    @classmethod
    def of(cls, *, period_s: float, clear_s: float, silence_s: float) -> Rules:
        """The rules that follow from the settings of the watch."""
        return cls(
            clear=timedelta(seconds=clear_s),
            confirm=timedelta(seconds=clear_s / 3),
            silence=timedelta(seconds=silence_s),
            recent=timedelta(seconds=max(2 * period_s, 2.0)),
            recovery=timedelta(seconds=clear_s * 2),
        )


@dataclass(frozen=True, slots=True)
class Hint:
    """A note or message that the classifier takes for a fault."""

    at: datetime
    text: str
    label: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look at one machine shows."""

    now: datetime
    evidence: tuple[Evidence, ...]
    hints: tuple[Hint, ...] = ()
    state_since: datetime | None = None
    """Since when the machine is in its present PackML state, as far as the window tells."""
    within: frozenset[str] = frozenset()
    """Signals whose newest value lies within its limits, in whatever state the machine is: after a
    change of state a crossed limit counts as active until there is evidence of the opposite."""
    shared_silence: bool = False
    """Other machines fell silent too: the wire is at fault, not the machine."""
    resolved_at: datetime | None = None
    """When the machine's last card was resolved."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What must be remembered of one machine from look to look."""

    present: Mapping[Mark, datetime] = field(default_factory=dict)
    """Findings that are there, and since when."""
    last_symptom: datetime | None = None
    muted: Mapping[Mark, datetime] = field(default_factory=dict)
    """Findings that a person put aside by resolving their card, and when each was last there."""


class Move(StrEnum):
    """What to do with the card of a machine."""

    NOTHING = "nothing"
    OPEN = "open"
    KEEP = "keep"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True)
class Decision:
    """A move, and what it rests on."""

    move: Move
    symptoms: tuple[Evidence, ...] = ()
    severity: Severity = Severity.WARNING
    title: str = ""
    since: datetime | None = None
    """Start of the first symptom of a card to open."""


def decide(
    card: Issue | None, sight: Sight, memory: Memory, *, rules: Rules
) -> tuple[Decision, Memory]:
    """What to do now, and what to remember until the next look.

    Args:
        card: the open card of the machine, if there is one.
        sight: this look.
        memory: what the look before handed over.
        rules: the durations.
    """
    memory = _remember(sight, memory, rules)
    symptoms = _symptoms(card, sight, memory, rules=rules)
    if card is None:
        return _opening(symptoms, sight, memory, rules=rules), replace(memory, last_symptom=None)
    last = sight.now if symptoms or memory.last_symptom is None else memory.last_symptom
    memory = replace(memory, last_symptom=last)
    if sight.now - last >= rules.clear:
        return Decision(Move.RESOLVE, severity=card.severity, title=card.title), memory
    return _keeping(card, symptoms), memory


def marks(evidence: Evidence) -> frozenset[Mark]:
    """The same for the same finding at every look."""
    names = (*evidence.signals, *evidence.codes) or ("",)
    return frozenset((str(evidence.kind), name) for name in names)


def news(evidence: Evidence, memory: Memory) -> frozenset[Mark]:
    """What of a finding no person has put aside."""
    return marks(evidence) - memory.muted.keys()


def mute(evidence: Sequence[Evidence], at: datetime) -> Memory:
    """The memory after a person resolved a card by hand: its findings open no new one."""
    return Memory(muted={mark: at for item in evidence for mark in marks(item)})


def silent(sight: Sight) -> bool:
    """Part of the machine says nothing now."""
    return any(item.active and item.kind in SILENCE for item in sight.evidence)


def same_findings(before: Sequence[Evidence], after: Sequence[Evidence]) -> bool:
    """Nothing came, went, ended or grew in severity; numbers may differ."""
    return {(marks(i), i.active, i.severity) for i in before} == {
        (marks(i), i.active, i.severity) for i in after
    }


def title_of(symptoms: Sequence[Evidence]) -> str:
    """The worst symptom in a few words; numbers would go stale in a title."""
    worst = min(symptoms, key=lambda i: (-i.severity.rank, i.kind not in URGENT, i.start))
    words = _words(worst)
    return words if len(words) <= TITLE_LENGTH else words[: TITLE_LENGTH - 1] + "\u2026"


def _words(item: Evidence) -> str:
    """The lead of several signals, whose finding it is; all of them where they are silent."""
    named = item.signals if item.kind in SILENCE else item.signals[:1]
    signals = ", ".join(signal.replace("_", " ") for signal in named)
    quote = next(iter(item.quotes), "")
    if item.kind is EvidenceKind.LIMIT_VIOLATION:
        above = item.direction != "down"
        return f"{signals} {'above its high' if above else 'below its low'} limit"
    if item.kind in CHANGES:
        return f"{signals} {'drifts' if item.kind is EvidenceKind.DRIFT else 'stepped'}" + (
            f" {item.direction}" if item.direction else ""
        )
    if item.kind is EvidenceKind.GAP:
        return "machine silent"
    if item.kind is EvidenceKind.DROPOUT:
        return f"{signals} silent"
    code = " ".join(item.codes[:1]) or "without code"
    name = {EvidenceKind.CHATTERING: "chattering alarm", EvidenceKind.FLOOD: "alarm flood"}
    return f"{name.get(item.kind, 'alarm')} {code}" + (f": {quote}" if quote else "")


def _remember(sight: Sight, memory: Memory, rules: Rules) -> Memory:
    seen = [item for item in sight.evidence if _present(item, sight, rules)]
    there = {mark for item in seen for mark in marks(item)}
    muted = {key: sight.now if key in there else last for key, last in memory.muted.items()}
    return Memory(
        present={key: memory.present.get(key, sight.now) for key in there},
        last_symptom=memory.last_symptom,
        muted={key: last for key, last in muted.items() if sight.now - last < rules.clear},
    )


def _present(item: Evidence, sight: Sight, rules: Rules) -> bool:
    """Active, or over for so short a time that it may come back before the next look."""
    crossed = item.kind is EvidenceKind.LIMIT_VIOLATION
    if crossed and item.active and sight.within.issuperset(item.signals[:1]):
        return False
    if item.active or CARRIED in item.numbers:
        return item.active
    return item.end > sight.now - rules.recent


def _symptoms(
    card: Issue | None, sight: Sight, memory: Memory, *, rules: Rules
) -> tuple[Evidence, ...]:
    """Evidence that calls for a card, or keeps the open one open."""
    return tuple(
        item
        for item in sight.evidence
        if item.severity.rank >= Severity.WARNING.rank
        and _present(item, sight, rules)
        and news(item, memory)
        and (item.kind in URGENT or _weighs(item, card, sight, memory=memory, rules=rules))
    )


def _weighs(
    item: Evidence, card: Issue | None, sight: Sight, *, memory: Memory, rules: Rules
) -> bool:
    """Whether something that no limit and no alarm speaks for is a symptom."""
    if item.kind not in CHANGES | SILENCE or not item.active:
        return False
    if card is not None:
        return _opened_by(item, card)
    if sight.resolved_at and sight.now - sight.resolved_at < rules.recovery:
        return False
    lasted = sight.now - min(memory.present[mark] for mark in news(item, memory))
    if item.kind in SILENCE:
        return lasted >= rules.silence and not sight.shared_silence
    settled = sight.state_since is None or sight.now - sight.state_since >= rules.confirm
    return lasted >= rules.confirm and settled


def _opened_by(item: Evidence, card: Issue) -> bool:
    """A change keeps a card open only while nothing stronger stands on the card."""
    if any(known.kind in URGENT for known in card.evidence):
        return False
    return any(marks(item) & marks(known) for known in card.evidence)


def _opening(
    symptoms: tuple[Evidence, ...], sight: Sight, memory: Memory, *, rules: Rules
) -> Decision:
    if symptoms:
        return Decision(
            Move.OPEN,
            symptoms,
            severity=_worst(symptoms),
            title=title_of(symptoms),
            since=min(item.start for item in symptoms),
        )
    told = _told(sight, memory, rules)
    if not told:
        return Decision(Move.NOTHING)
    return Decision(
        Move.OPEN,
        title=f"Reported: {told[0].text}"[:TITLE_LENGTH],
        since=min(hint.at for hint in told),
    )


def _told(sight: Sight, memory: Memory, rules: Rules) -> tuple[Hint, ...]:
    """Hints that agree with each other, or that a change in a signal bears out."""
    calm_since = sight.resolved_at + rules.recovery if sight.resolved_at else None
    fresh = [hint for hint in sight.hints if calm_since is None or hint.at > calm_since]
    changed = any(
        item.active
        and item.kind in CHANGES
        and item.severity.rank >= Severity.WARNING.rank
        and news(item, memory)
        for item in sight.evidence
    )
    for label in sorted({hint.label for hint in fresh}):
        agreeing = tuple(hint for hint in fresh if hint.label == label)
        if changed or len({hint.text.casefold() for hint in agreeing}) > 1:
            return agreeing
    return ()


def _keeping(card: Issue, symptoms: tuple[Evidence, ...]) -> Decision:
    worse = _worst(symptoms) if symptoms else card.severity
    return Decision(
        Move.KEEP,
        symptoms,
        severity=max(card.severity, worse, key=lambda severity: severity.rank),
        title=card.title,
    )


def _worst(symptoms: Sequence[Evidence]) -> Severity:
    return max((item.severity for item in symptoms), key=lambda severity: severity.rank)
