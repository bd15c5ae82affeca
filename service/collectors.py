"""How the collectors are, by the signs of life that they leave in the roster: words and figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from ingest.roster import Pulse

_GAUGES = {
    "queue_depth": "Messages and polls that wait to be written.",
    "lag_seconds": "From the receipt of a message to its commit, the last time.",
    "records_per_second": "Records written, over the last second.",
    "brokers": "Brokers that it should listen to.",
    "brokers_connected": "Brokers that have accepted it.",
    "modbus_units": "Modbus units that it polls.",
    "modbus_units_away": "Modbus units among them that do not answer.",
    "poll_jitter_p99_seconds": "By how much polls of its worst unit miss their period.",
    "plant_reload_failed": "1: the plant description has faults, the one before is in use.",
    "slow_sources": "Sources that send much less than usual; learned by one collector for all.",
}
_COUNTERS = {
    "records": "Records written since its start.",
    "plant_reloads": "Changed plant descriptions taken over since its start.",
}
_CANNOT_STORE = "store"


def collectors_state(pulses: Sequence[Pulse]) -> tuple[str, str]:
    """State and words for /readyz; `missing` when nothing can come in that should."""
    fresh = [pulse for pulse in pulses if pulse.fresh]
    if not pulses:
        return "degraded", "No collector runs: andon ingest, unless everything is pushed."
    if not fresh:
        youngest = min(pulse.age_s for pulse in pulses)
        words = f"No collector lives; the last sign of one is {youngest:.0f} s old: andon ingest."
        return "missing", words
    troubles = [*_silences(pulses), *_troubles(fresh)]
    stuck = all(_CANNOT_STORE in pulse.words for pulse in fresh)
    words = "; ".join([_summed(fresh), *troubles])
    return ("missing" if stuck else "degraded" if troubles else "ok"), words


def collectors_figures(pulses: Sequence[Pulse]) -> Iterator[Metric]:
    """One sample a collector."""
    up = GaugeMetricFamily("andon_collector_up", "1: it lives.", labels=["collector"])
    age = GaugeMetricFamily(
        "andon_collector_pulse_age_seconds", "Since its last sign of life.", labels=["collector"]
    )
    for pulse in pulses:
        up.add_metric([pulse.collector], float(pulse.fresh))
        age.add_metric([pulse.collector], pulse.age_s)
    yield from (up, age)
    for name, words in _GAUGES.items():
        yield _filled(
            GaugeMetricFamily(f"andon_collector_{name}", words, labels=["collector"]), name, pulses
        )
    for name, words in _COUNTERS.items():
        yield _filled(
            CounterMetricFamily(f"andon_collector_{name}", words, labels=["collector"]),
            name,
            pulses,
        )


def _filled(
    family: GaugeMetricFamily | CounterMetricFamily, name: str, pulses: Sequence[Pulse]
) -> Metric:
    for pulse in pulses:
        if pulse.fresh and name in pulse.figures:
            family.add_metric([pulse.collector], pulse.figures[name])
    return family


def _summed(fresh: Sequence[Pulse]) -> str:
    def total(name: str) -> int:
        return round(sum(pulse.figures.get(name, 0) for pulse in fresh))

    return (
        f"{len(fresh)} collector(s), {total('brokers_connected')} of {total('brokers')} "
        f"broker connection(s), {total('modbus_units')} Modbus unit(s)"
    )


def _silences(pulses: Sequence[Pulse]) -> Iterator[str]:
    for pulse in pulses:
        if not pulse.fresh:
            yield f"{pulse.collector} has been silent for {pulse.age_s:.0f} s"


def _troubles(fresh: Sequence[Pulse]) -> Iterator[str]:
    for pulse in fresh:
        if pulse.figures.get("brokers_connected", 0) < pulse.figures.get("brokers", 0):
            yield f"{pulse.collector} does not reach every broker"
        for words in pulse.words.values():
            yield f"{pulse.collector}: {words}"
