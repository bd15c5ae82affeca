"""Faults that show in the alarms: chatter, flood, an alarm that stands, a chain of trips."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ingest.vocabulary import EventState
from prompting.evaluation.course import trip_legs
from prompting.evaluation.events import Message, event, spell
from prompting.evaluation.faults import Fault, FaultKind
from prompting.evaluation.scene import APART_S, Scene

MINUTE, HOUR = 60.0, 3600.0
WARM_UP_S = 1200.0
"""After a trip the machine is cold: what that does is the trip's consequence."""


def chatter(scene: Scene, rng: np.random.Generator, table: Sequence[Message]) -> Fault | None:
    """One alarm comes and goes every 4 to 18 seconds for 1 to 20 minutes."""
    onset, free = scene.moment(rng, 5 * MINUTE), _free(scene, table)
    if onset is None or not free:
        return None
    message = free[int(rng.integers(len(free)))]
    gaps = rng.uniform(4, 18, int(rng.uniform(1, 20) * MINUTE / 11))
    raised = onset + np.concatenate(([0.0], np.cumsum(gaps)))
    raised = raised[raised < scene.end - 20]
    for at in raised.tolist():
        scene.events += spell(scene.machine, message, at, at + rng.uniform(0.5, 3.0))
    return Fault(
        FaultKind.CHATTER,
        onset,
        float(raised[-1]) + 3.0,
        codes=(message.code,),
        numbers={"count": float(len(raised))},
    )


def flood(scene: Scene, rng: np.random.Generator, table: Sequence[Message]) -> Fault | None:
    """14 to 40 alarms of at least eight codes within 3 to 9 minutes."""
    lasts, free = rng.uniform(3, 9) * MINUTE, _free(scene, table)
    onset = scene.moment(rng, lasts)
    if onset is None or len(free) < 8:
        return None
    chosen = [free[i] for i in rng.permutation(len(free))[: int(rng.integers(8, 17))]]
    count = max(len(chosen), int(rng.integers(14, 41)))
    moments = np.sort(onset + np.concatenate(([0.0], rng.uniform(0, lasts, count - 1))))
    for number, at in enumerate(moments.tolist()):
        message = chosen[number % len(chosen)]
        last = min(at + rng.uniform(5, 300), scene.end - 1)
        scene.events += spell(scene.machine, message, at, last)
    return Fault(
        FaultKind.FLOOD,
        onset,
        float(moments[-1]),
        codes=tuple(message.code for message in chosen),
        numbers={"count": float(count)},
        recovered=float(moments[-1]) + 5 * MINUTE,
    )


def standing(scene: Scene, rng: np.random.Generator, table: Sequence[Message]) -> Fault | None:
    """An alarm raised 20 to 90 hours before the shift that nobody has cleared since."""
    free = _free(scene, table)
    if not free:
        return None
    message = free[int(rng.integers(len(free)))]
    onset = scene.start - rng.uniform(20, 90) * HOUR
    scene.events = [e for e in scene.events if e.code != message.code]
    scene.events.append(event(scene.machine, message, onset, EventState.RAISED))
    numbers = {"duration": scene.end - onset}
    return Fault(FaultKind.STANDING, onset, scene.end, codes=(message.code,), numbers=numbers)


def trip(scene: Scene, rng: np.random.Generator, table: Sequence[Message]) -> Fault | None:
    """One alarm, three to seven others in its wake within seconds, and the machine aborts.

    The course of the scene changes: it has to be planted before there are traces.
    """
    onset, free = scene.moment(rng, 15 * MINUTE), _free(scene, table)
    if onset is None or len(free) < 8:
        return None
    legs = trip_legs(rng)
    reset = onset + sum(lasts for _, lasts in legs[:3])
    running = onset + sum(lasts for _, lasts in legs)
    if running + APART_S > scene.end:
        return None
    chosen = [free[i] for i in rng.permutation(len(free))[: int(rng.integers(4, 9))]]
    at = onset
    for message in chosen:
        scene.events += spell(scene.machine, message, at, reset + rng.uniform(-20, 20))
        at += rng.uniform(0.2, 4.0)
    scene.course = scene.course.tripped(onset + rng.uniform(0.3, 2.0), legs)
    scene.closed.append((onset - APART_S, running + APART_S))
    return Fault(
        FaultKind.TRIP,
        onset,
        reset,
        codes=tuple(message.code for message in chosen),
        numbers={"count": float(len(chosen) - 1)},
        recovered=running + WARM_UP_S,
        everywhere=True,
    )


def _free(scene: Scene, table: Sequence[Message]) -> list[Message]:
    return [message for message in table if message.code not in scene.taken]
