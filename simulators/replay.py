"""A recording put on the wire: over MQTT as telemetry, or over Modbus as registers."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.errors import SettingsFault
from ingest.plant import Machine, load_plant
from simulators.clock import stamp
from simulators.modbus_server import bank_of, start_servers, stop_servers
from simulators.progress import tell
from simulators.publisher import Publisher
from simulators.recording import Recording, load_recording

BACKLOG = 1000
"""Unconfirmed messages at which a replay waits for the broker."""
_BREATH_S = 0.005


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """What the command line asks for."""

    file: Path
    plant: Path
    machine: str | None = None
    rate: str = "1"
    topic: str | None = None
    broker: str | None = None
    drop: str = ""
    rename: tuple[str, ...] | list[str] = ()
    times: str = "recorded"
    wire: str = "mqtt"


def replay(options: ReplayOptions) -> None:
    """Put a recording on the wire at the rate asked for."""
    plant = load_plant(options.plant)
    machine = plant.machine(options.machine or options.file.stem)
    recording = load_recording(
        options.file,
        drop=[name for name in options.drop.split(",") if name],
        rename=_renaming(options.rename),
    )
    if not recording.times:
        raise SettingsFault(f"{options.file} has no row with a time.")
    rate = _rate(options.rate)
    if options.wire == "modbus":
        asyncio.run(_over_modbus(recording, machine, rate))
        return
    broker = replace(plant.mqtt, url=options.broker) if options.broker else plant.mqtt
    publisher = Publisher(broker)
    publisher.connect()
    try:
        _over_mqtt(recording, machine, publisher, options, rate=rate)
        publisher.settle()
    finally:
        publisher.close()
    tell(
        "finished",
        published=publisher.records,
        messages=publisher.messages,
        skipped_rows=recording.skipped,
    )


def _over_mqtt(
    recording: Recording,
    machine: Machine,
    publisher: Publisher,
    options: ReplayOptions,
    *,
    rate: float,
) -> None:
    topic = options.topic or f"andon/{machine.line}/{machine.id}/telemetry"
    shift = timedelta(0)
    if options.times == "now":
        span_s = (recording.times[-1] - recording.times[0]).total_seconds()
        shift = datetime.now(UTC) + timedelta(seconds=span_s / rate) - recording.times[-1]
    pace = _Pace(recording, rate)
    for moment, values in recording.rows():
        time.sleep(pace.wait_s(moment))
        while publisher.outstanding > BACKLOG:
            time.sleep(_BREATH_S)
        content = {"ts": stamp(moment + shift), "values": values}
        publisher.publish(topic, content, records=len(values))


async def _over_modbus(recording: Recording, machine: Machine, rate: float) -> None:
    bank = bank_of(machine)
    if bank is None or math.isinf(rate):
        raise SettingsFault(
            f"{machine.id} has no Modbus registers in the plant."
            if bank is None
            else "Registers that are polled cannot be replayed at rate max.",
            remedy="Replay with --mqtt, or give --rate a number.",
        )
    servers = await start_servers([machine], {machine.id: bank})
    pace = _Pace(recording, rate)
    rows = 0
    with contextlib.suppress(asyncio.CancelledError):
        for moment, values in recording.rows():
            await asyncio.sleep(pace.wait_s(moment))
            bank.put(values)
            rows += 1
    await stop_servers(servers)
    tell("finished", served_rows=rows, skipped_rows=recording.skipped)


class _Pace:
    """When each row is due on the wall clock."""

    def __init__(self, recording: Recording, rate: float) -> None:
        self._first = recording.times[0]
        self._rate = rate
        self._started = time.monotonic()

    def wait_s(self, moment: datetime) -> float:
        """Seconds until a row is due; 0 when it is late."""
        due = self._started + (moment - self._first).total_seconds() / self._rate
        return max(due - time.monotonic(), 0.0)


def _rate(text: str) -> float:
    try:
        rate = math.inf if text == "max" else float(text)
    except ValueError:
        rate = 0.0
    if not rate > 0:
        raise SettingsFault(f"The rate {text!r} is no number above 0.", remedy="Or say max.")
    return rate


def _renaming(pairs: tuple[str, ...] | list[str]) -> Mapping[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise SettingsFault(f"--rename {pair!r} is not COLUMN=SIGNAL.")
    return dict(pair.rsplit("=", 1) for pair in pairs)
