"""What a run of the crash harness does, and what it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ingest.history import ExportRow, SourceCounters

PLANT = """\
[mqtt]
url = "{url}"
version = {version}
share = "{share}"
[[mqtt.routes]]
topic = "andon/{{line}}/{{machine}}/telemetry"
{names}
[[machines]]
id = "{machine}"
line = "line-1"
kind = "hydraulic-press"
"""
NAMES = 'time = "/ts"\nsequence = "/seq"\n'
"""What tells one record from another; without it the same message is another one each time."""
MACHINE = "press-3"
MARK = "mark"
"""A signal that is sent after everything else."""


@dataclass(frozen=True, slots=True)
class CrashPlan:
    """How much is published, how often who is killed, and how the collectors are set."""

    messages: int
    kills: int
    broker_restarts: int = 0
    lead: int | None = 1_500
    """How far the publisher may run ahead of the store: it never stops while somebody is killed.
    None: everything is published at once, after the first kill, while no collector is there."""
    collectors: int = 1
    share: str = ""
    version: int = 5
    mode: str = "right"
    """Of `crash_collector.py`."""
    names: str = NAMES
    settings: Mapping[str, str] = field(default_factory=dict)
    """`ANDON_` settings of the collectors."""
    rate: float = 0
    """Messages a second; 0: as fast as the collectors and the lead allow."""
    insists: bool = False
    """Whether the publisher sends again what the broker says that nobody has subscribed to."""
    quiet_s: float = 30.0
    """A collector that stores nothing new for this long has nothing more to store."""

    def plant(self, url: str) -> str:
        """The text of the plant."""
        broker = {"url": url, "version": self.version, "share": self.share}
        return PLANT.format(**broker, names=self.names, machine=MACHINE)


@dataclass(frozen=True, slots=True)
class CrashOutcome:
    """What stands in the history after the killing, against what was published."""

    published: int
    received: int
    stored: int
    duplicates: int
    dead_lettered: int
    lost: int
    doubled: int
    balanced: bool
    """`received = stored + duplicates + dead_lettered` for each source, and as many rows."""
    kills: int
    broker_restarts: int
    sent_again: int
    """Messages that the publisher sent a second time because a broker went."""
    seconds: float

    @property
    def clean(self) -> bool:
        """Everything once, and the counters say so."""
        return self.balanced and not (self.lost or self.doubled or self.dead_lettered)


def count_up(
    rows: Iterable[ExportRow],
    counters: Iterable[SourceCounters],
    *,
    published: int,
    kills: int,
    broker_restarts: int,
    sent_again: int,
    seconds: float,
) -> CrashOutcome:
    """Compare the rows of a history with its counters and with the numbers that were published."""
    numbers: Counter[int] = Counter()
    beside = 0
    for row in rows:
        if row.machine == MACHINE and row.signal != MARK:
            assert isinstance(row.value, float)
            numbers[int(row.value)] += 1
        else:
            beside += 1
    listed = list(counters)
    stored = sum(count.stored for count in listed)
    balanced = all(c.received == c.stored + c.duplicates + c.dead_lettered for c in listed)
    return CrashOutcome(
        published=published,
        received=sum(count.received for count in listed),
        stored=stored,
        duplicates=sum(count.duplicates for count in listed),
        dead_lettered=sum(count.dead_lettered for count in listed),
        lost=sum(number not in numbers for number in range(published)),
        doubled=numbers.total() - len(numbers),
        balanced=balanced and stored == numbers.total() + beside,
        kills=kills,
        broker_restarts=broker_restarts,
        sent_again=sent_again,
        seconds=round(seconds, 1),
    )
