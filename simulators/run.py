"""One run of a scenario on real wires, from the first reading to the truth file."""

from __future__ import annotations

import asyncio
import math
import signal
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.plant import Machine, MqttBroker, Plant, load_plant
from simulators.clock import VirtualClock, stamp
from simulators.dialects import load_dialects
from simulators.faults import Fault, load_catalogue
from simulators.floor import STEP_S, Floor, Observation, build_floor
from simulators.herald import Announcement
from simulators.modbus_server import bank_of, start_servers, stop_servers
from simulators.progress import tell
from simulators.publisher import Publisher
from simulators.scenario import load_scenario
from simulators.script import draw_scripts
from simulators.truth import truth_of, write_truth

TELEMETRY_S = 5.0
"""Virtual seconds between two telemetry messages of a machine ..."""
TELEMETRY_WALL_S = 0.1
"""... but never less than this on the wall clock."""
_SHORTEST_SLEEP_S = 0.01
_DIGITS = 5


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line asks for."""

    plant: Path
    scenario: str = "demo"
    seed: int = 1
    speed: float = 1.0
    truth: Path | None = None
    broker: str | None = None
    """Instead of the plant's broker."""
    modbus_port_base: int | None = None
    """Instead of the plant's Modbus ports."""
    at_end: str = "modbus"
    """When the scenario is over: `exit`; `modbus`: go on serving registers until SIGTERM;
    `both`: go on with registers and telemetry."""


class Run:
    """A scenario being played."""

    def __init__(self, options: RunOptions) -> None:
        self._options = options
        plant = load_plant(options.plant)
        self._scenario = load_scenario(options.scenario)
        scripts, self._end_s = draw_scripts(
            self._scenario, plant.machines, load_catalogue(), seed=options.seed
        )
        dialects = load_dialects(split="floor")
        self._floor = build_floor(plant.machines, scripts, dialects, seed=options.seed)
        self._marks = _marks(self._floor)
        self._banks = {m.id: bank for m in plant.machines if (bank := bank_of(m)) is not None}
        self._over_mqtt = {m.id: _not_on_modbus(m) for m in plant.machines}
        self._plant = plant
        self._publisher = Publisher(_broker(plant, options))
        self._stop = asyncio.Event()
        self._publishing = True
        period = max(TELEMETRY_S, TELEMETRY_WALL_S * options.speed)
        self._period_s = STEP_S * math.ceil(period / STEP_S)

    async def play(self) -> None:
        """Serve, publish, write the truth; ends by itself or at SIGTERM or SIGINT."""
        self._end_at_signals()
        servers = await start_servers(
            self._plant.machines, self._banks, port_base=self._options.modbus_port_base
        )
        try:
            await asyncio.to_thread(self._publisher.connect)
            clock = VirtualClock(self._options.speed)
            tell("ready", at=stamp(clock.started_at), ends_at=stamp(clock.wall_time(self._end_s)))
            await self._until(clock, self._end_s)
            await self._finish(clock)
            if self._options.at_end != "exit":
                self._publishing = self._options.at_end == "both"
                await self._until(clock, math.inf)
        finally:
            await stop_servers(servers)
            self._publisher.close()

    def _end_at_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)

    async def _until(self, clock: VirtualClock, end_s: float) -> None:
        """Keep the floor in step with the clock until a virtual second, or until stopped."""
        while not self._stop.is_set() and self._floor.next_s < end_s:
            while self._floor.next_s <= min(clock.now_s(), end_s):
                self._show(self._floor.step(), clock)
            ahead_s = (self._floor.next_s - clock.now_s()) / clock.speed
            await asyncio.sleep(max(ahead_s, _SHORTEST_SLEEP_S))

    def _show(self, observations: tuple[Observation, ...], clock: VirtualClock) -> None:
        for place, seen in enumerate(observations):
            if bank := self._banks.get(seen.machine.id):
                bank.put({**seen.values, "state": seen.state.number})
            if not self._publishing:
                continue
            if (seen.at_s + place * STEP_S) % self._period_s == 0:
                self._publish_telemetry(seen, clock)
            for announcement in seen.announcements:
                self._publish_event(seen, announcement, clock)
        self._tell_marks(clock)

    def _publish_telemetry(self, seen: Observation, clock: VirtualClock) -> None:
        signals = self._over_mqtt[seen.machine.id]
        values = {name: _rounded(v) for name, v in seen.values.items() if name in signals}
        content = {"ts": stamp(clock.wall_time(seen.at_s)), "values": values}
        self._publisher.publish(_topic(seen.machine, "telemetry"), content, records=len(values))

    def _publish_event(
        self, seen: Observation, announcement: Announcement, clock: VirtualClock
    ) -> None:
        content = {
            "ts": stamp(clock.wall_time(seen.at_s)),
            "code": announcement.code,
            "severity": announcement.severity.value,
            "state": announcement.state.value,
            "text": announcement.text,
        }
        self._publisher.publish(_topic(seen.machine, "events"), content, records=1)

    def _tell_marks(self, clock: VirtualClock) -> None:
        """Faults that started or ended since the last step."""
        while self._marks and self._marks[0][0] < self._floor.next_s:
            at_s, mark, fault = self._marks.pop(0)
            at = stamp(clock.wall_time(at_s))
            tell(mark, machine=fault.machine, kind=fault.kind.kind, at=at)

    async def _finish(self, clock: VirtualClock) -> None:
        """Wait for every confirmation, then write the truth."""
        await asyncio.to_thread(self._publisher.settle)
        completed = not self._stop.is_set()
        truth = truth_of(
            self._floor.told_faults,
            clock,
            scenario=self._scenario.name,
            seed=self._options.seed,
            ended_s=self._floor.next_s,
            completed=completed,
            records=self._publisher.records,
            messages=self._publisher.messages,
        )
        if self._options.truth:
            write_truth(self._options.truth, truth)
        published = {"published": truth["published"], "messages": truth["messages"]}
        tell("finished" if completed else "stopped", at=truth["ended_at"], **published)


def check(options: RunOptions) -> None:
    """Raise what `play` would raise for the plant and the scenario; touches no wire."""
    Run(options)


def play(options: RunOptions) -> None:
    """Play a scenario to its end."""

    async def run() -> None:
        await Run(options).play()

    asyncio.run(run())


def _marks(floor: Floor) -> list[tuple[float, str, Fault]]:
    marks = []
    for fault, _ in floor.told_faults:
        marks += [(fault.start_s, "fault_started", fault), (fault.end_s, "fault_ended", fault)]
    return sorted(marks, key=lambda mark: mark[0])


def _not_on_modbus(machine: Machine) -> frozenset[str]:
    """Signals that only the gateway knows: no signal stands on both wires."""
    polled = {register.signal for register in machine.modbus.registers} if machine.modbus else set()
    return frozenset(set(machine.signals) - polled)


def _broker(plant: Plant, options: RunOptions) -> MqttBroker:
    return replace(plant.mqtt, url=options.broker) if options.broker else plant.mqtt


def _topic(machine: Machine, sort: str) -> str:
    return f"andon/{machine.line}/{machine.id}/{sort}"


def _rounded(value: float) -> float:
    """As many figures as a transmitter resolves."""
    return float(f"{value:.{_DIGITS}g}")
