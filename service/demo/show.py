"""The demo's report as a table for a person."""

from __future__ import annotations

from rich.box import SIMPLE
from rich.console import Group
from rich.table import Table
from rich.text import Text

from service.demo.report import DemoReport, FaultOutcome


def report_table(report: DemoReport) -> Group:
    """The faults and what became of them, the counters, the verdict."""
    table = Table(
        title=f"Scenario {report.scenario}, seed {report.seed}", title_justify="left", box=SIMPLE
    )
    for heading in ("machine", "injected fault", "card after", "diagnosis", "procedure"):
        table.add_column(heading)
    for fault in report.faults:
        table.add_row(*_row(fault))
    return Group(table, Text(_counters(report)), _verdict(report))


def _row(fault: FaultOutcome) -> tuple[str | Text, ...]:
    delay = "no card" if fault.delay_s is None else f"{fault.delay_s:.1f} s"
    place = fault.procedure or {}
    page = f"{place['document']} page {place['page']}" if place else "none"
    return (
        fault.machine,
        fault.kind,
        _judged(delay, right=fault.detected),
        _judged(
            "" if fault.diagnosis_right else fault.diagnosis or "none", right=fault.diagnosis_right
        ),
        _judged(page, right=fault.procedure_right),
    )


def _judged(words: str, *, right: bool) -> Text:
    return Text(f"{'✓' if right else '✗'} {words}", style="green" if right else "bold red")


def _counters(report: DemoReport) -> str:
    mqtt, modbus = report.ingest, report.modbus
    return (
        f"MQTT records: {mqtt.published} published, {mqtt.received} received = {mqtt.stored} stored"
        f" + {mqtt.duplicates} duplicate + {mqtt.dead_lettered} dead-lettered, {mqtt.lost} lost\n"
        f"Modbus records: {modbus.received} received = {modbus.stored} stored"
        f" + {modbus.duplicates} duplicate + {modbus.dead_lettered} dead-lettered\n"
        f"First card after {report.seconds_to_first_card} s, {report.false_alarms} false alarms,"
        f" {report.collector_restarts} restarts of the collector"
    )


def _verdict(report: DemoReport) -> Text:
    if report.passed:
        return Text("Passed: every fault found, named and answered.", style="bold green")
    return Text("Failed: see what is marked ✗ above, lost or a false alarm.", style="bold red")
