"""andon check, probe and ingest: the wires."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from service.cli import outbox, records
from service.cli.options import (
    DEFAULT_HOME,
    DEFAULT_PLANT,
    HomeOption,
    JsonOption,
    PlantOption,
    complaints,
    console,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from ingest.plant import ModbusUnit, MqttBroker, Plant
    from ingest.probe import Interpretation
    from ingest.vocabulary import Value
    from ingest.words import WordOrder


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(check)
    app.command()(probe)
    app.command()(ingest)
    records.register(app)
    outbox.register(app)


def check(
    file: Annotated[Path | None, typer.Argument(help="The plant description.")] = None,
    *,
    plant: PlantOption = DEFAULT_PLANT,
    as_json: JsonOption = False,
) -> None:
    """Check a plant description as a whole and print how its controllers are read."""
    from ingest.errors import PlantFault
    from ingest.plant import load_plant

    path = file or plant
    try:
        loaded = load_plant(path)
    except PlantFault as fault:
        if as_json:
            defects = [
                {"file": str(defect.path), "line": defect.line, "message": defect.message}
                for defect in fault.defects
            ]
            print_json({"ok": False, "plant": str(path), "faults": defects})
        else:
            complaints.say(str(fault))
        raise typer.Exit(2) from None
    if as_json:
        print_json({"ok": True, "plant": str(path), "faults": [], **_described(loaded)})
        return
    console.print(f"{path}: {len(loaded.machines)} machines, no faults.", markup=False)
    described = _described(loaded)
    for broker in (described["mqtt"], *described["brokers"]):
        if broker["url"]:
            _print_broker(broker)
    for entry in described["machines"]:
        _print_machine(entry)


def _described(plant: Plant) -> dict[str, Any]:
    """Machines with their read plan, and the subscriptions of each broker."""
    return {
        "mqtt": _subscribed(plant.mqtt),
        "brokers": [{"id": broker.id, **_subscribed(broker)} for broker in plant.further_brokers],
        "machines": [
            {
                "id": machine.id,
                "line": machine.line,
                "kind": machine.kind,
                "modbus": _polled(machine.modbus) if machine.modbus else None,
            }
            for machine in plant.machines
        ],
    }


def _subscribed(broker: MqttBroker) -> dict[str, Any]:
    return {"url": broker.url, "filters": [route.filter for route in broker.routes]}


def _polled(unit: ModbusUnit) -> dict[str, Any]:
    """The requests that a poll makes, and what is read out of each."""
    from ingest.read_plan import plan_of

    requests = [
        {
            "table": block.table.value,
            "function": block.table.read_function,
            "address": block.address,
            "count": block.count,
            "signals": [entry.signal for entry in block.registers],
            "meanings": [entry.meaning for entry in block.registers],
            "looks_counted": [entry.signal for entry in block.registers if entry.looks_counted],
        }
        for block in plan_of(unit)
    ]
    return {
        "url": unit.url,
        "unit": unit.unit,
        "period_s": unit.period_s,
        "illegal": [str(own) for own in unit.illegal],
        "requests": requests,
    }


def _print_broker(broker: dict[str, Any]) -> None:
    topics = ", ".join(broker["filters"])
    console.say(f"{broker['url']}: {topics or 'no routes, so nothing is heard from it'}")


def _print_machine(entry: dict[str, Any]) -> None:
    console.print(f"{entry['id']} ({entry['kind']}, {entry['line']})", markup=False)
    if (modbus := entry["modbus"]) is None:
        return
    console.say(f"  Modbus {modbus['url']} unit {modbus['unit']} every {modbus['period_s']:g} s:")
    if modbus["illegal"]:
        console.say(f"    never {', '.join(modbus['illegal'])}")
    for request in modbus["requests"]:
        _print_request(request)


def _print_request(request: dict[str, Any]) -> None:
    last = request["address"] + request["count"] - 1
    named = zip(request["signals"], request["meanings"], strict=True)
    console.say(
        f"    read {request['table']} {request['address']} to {last} "
        f"(function {request['function']}): "
        + ", ".join(f"{signal} ({meaning})" for signal, meaning in named)
    )
    if doubtful := request["looks_counted"]:
        console.say(
            f"      Is {doubtful[0]} stated in the vendors' count? It is read at that very "
            "address; in a row without a table, 40001 is the first holding register."
        )


def probe(
    url: Annotated[str, typer.Argument(help="Like tcp://host:502 or rtu:///dev/ttyUSB0")],
    *,
    unit: Annotated[int, typer.Option(min=0, max=255)] = 1,
    address: Annotated[int, typer.Option(min=0, max=65_535, help="Counted from 0.")] = 0,
    count: Annotated[int, typer.Option(min=1, max=125)] = 10,
    table: Annotated[Literal["holding", "input", "coil", "discrete"], typer.Option()] = "holding",
    as_json: JsonOption = False,
) -> None:
    """Read registers of a device once and print everything that they could mean."""
    from ingest.probe import interpretations, read_words
    from ingest.registers import RegisterTable

    _refuse_address(url)
    words = read_words(url, RegisterTable(table), address, count=count, unit=unit)
    if RegisterTable(table).of_bits:
        bits = {str(address + index): bool(bit) for index, bit in enumerate(words)}
        rows = ([place, str(bit)] for place, bit in bits.items())
        print_json(bits) if as_json else print_table(("address", "bit"), rows)
        return
    _show_meanings(list(interpretations(words, address)), as_json=as_json)


def _refuse_address(url: str) -> None:
    from ingest.errors import SettingsFault
    from ingest.modbus_address import parse_address

    try:
        parse_address(url)
    except ValueError as fault:
        raise SettingsFault(
            f"{url!r} is no address of a device: {fault}.", remedy="Like tcp://10.0.0.7:502"
        ) from fault


def _show_meanings(found: list[Interpretation], *, as_json: bool) -> None:
    if not as_json:
        rows = ([str(one.address), one.words, one.type.value, *_shown(one.values)] for one in found)
        names = ("address", "words", "type", "ABCD", "CDAB", "BADC", "DCBA")
        print_table(names, rows, wide=True)
        return
    print_json(
        [
            {
                "address": one.address,
                "words": one.words,
                "type": one.type.value,
                "values": {order.value: value for order, value in one.values.items()},
            }
            for one in found
        ]
    )


def _shown(values: Mapping[WordOrder, Value]) -> list[str]:
    from ingest.words import WordOrder

    return [_shown_value(values.get(order)) for order in WordOrder]


def _shown_value(value: Value) -> str:
    if value is None:
        return ""
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def ingest(
    *,
    forward: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A central Andon that every record is passed on to."),
    ] = None,
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Collect what the machines say into the history, until Ctrl-C or SIGTERM.

    Run as many as you like: brokers with a share group divide their messages among them, and the
    controllers are divided by lease. A changed plant description is taken over at once (SIGHUP
    asks for it); one with faults is not.
    """
    import logging
    import signal
    import threading

    from ingest.collector import Collector, Place
    from ingest.opening import opened_history, opened_roster
    from ingest.plant import load_plant
    from ingest.settings import IngestSettings
    from ingest.slots import claimed_slot
    from service.demo.home import unmark
    from service.settings import read_settings

    settings = read_settings(IngestSettings, forward_url=forward)
    loaded = load_plant(plant)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    unmark(home)
    with (
        claimed_slot(home) as slot,
        opened_history(home, settings) as history,
        opened_roster(home, settings) as roster,
        outbox.passing_on(home, settings),
    ):
        client_id = slot.named(settings.client_id)
        chosen = settings.model_copy(update={"client_id": client_id})
        # Controllers are divided among the collectors of a history, each is polled by one of them.
        controllers = sum(machine.modbus is not None for machine in loaded.machines)
        brokers = ", ".join(broker.url for broker in loaded.brokers) or "no broker"
        complaints.say(
            f"Collecting from {brokers} as {client_id} and, with whoever else collects, from "
            f"{controllers} controllers into {history.place}; Ctrl-C ends."
        )
        place = Place(roster, slot.client_id, slot.memory)
        collector = Collector(loaded, history, chosen, place=place)
        signal.signal(signal.SIGHUP, lambda *_: collector.reload())
        collector.run(stop)
    complaints.print("Collected; everything that was received is in the history.")
