"""Figures for Prometheus: what the log must prove, the cards, the watch and the traffic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import Scope

from ingest.outbox import outbox_figures
from ingest.vocabulary import IssueState
from service.collectors import collectors_figures

if TYPE_CHECKING:
    from service.parts import Parts

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


class Traffic:
    """Requests by route, and how long they took."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter(
            "andon_http_requests", "Requests answered.", labels, registry=self.registry
        )
        self._seconds = Histogram(
            "andon_http_request_seconds",
            "Time to answer.",
            ("method", "route"),
            registry=self.registry,
        )

    def count(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one request; a path or method of no route is `other`, so that labels stay few."""
        route = getattr(scope.get("route"), "path", None) or "other"
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        if route != "/v1/stream":
            self._seconds.labels(method, route).observe(seconds)


class FloorFigures(Collector):
    """Read from the history and the cards at the moment of asking."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        """The figures of now."""
        yield from self._ingest()
        yield from self._outbox()
        yield from collectors_figures(self._parts.pulses())
        yield from self._cards()
        yield from self._watch()

    def _ingest(self) -> Iterator[Metric]:
        counters = self._parts.history.counters()
        words = {
            "received": "Records received: stored, duplicate and dead-lettered ones together.",
            "stored": "Records stored.",
            "duplicates": "Records that were stored already.",
            "dead_lettered": "Records set aside with the reason.",
        }
        for name, help_text in words.items():
            family = CounterMetricFamily(f"andon_ingest_{name}", help_text, labels=["source"])
            for source in counters:
                family.add_metric([source.source], getattr(source, name))
            yield family
        last = GaugeMetricFamily(
            "andon_ingest_last_received_timestamp_seconds",
            "When the source last sent a record.",
            labels=["source"],
        )
        for source in counters:
            last.add_metric([source.source], source.last_received.timestamp())
        yield last

    def _outbox(self) -> Iterator[Metric]:
        figures = outbox_figures(self._parts.settings.history_file)
        if figures is None:
            return
        oldest = figures.oldest or self._parts.clock()
        age_s = (self._parts.clock() - oldest).total_seconds()
        yield GaugeMetricFamily(
            "andon_outbox_records", "Records that the centre has not confirmed.", figures.waiting
        )
        yield GaugeMetricFamily(
            "andon_outbox_oldest_seconds", "How long the oldest of them has waited.", age_s
        )

    def _cards(self) -> Iterator[Metric]:
        counts = self._parts.cards.counts()
        family = GaugeMetricFamily("andon_issues", "Issue cards by state.", labels=["state"])
        for state in IssueState:
            family.add_metric([state], counts.get(state, 0))
        yield family

    def _watch(self) -> Iterator[Metric]:
        watch = self._parts.watch
        if watch is None:
            return
        pulse = watch.pulse
        yield CounterMetricFamily("andon_watch_looks", "Looks at all machines.", pulse.looks)
        yield CounterMetricFamily("andon_watch_failures", "Looks that failed.", pulse.failures)
        yield GaugeMetricFamily(
            "andon_watch_look_seconds", "How long the last look took.", pulse.last_duration_s
        )
        yield GaugeMetricFamily(
            "andon_stream_listeners", "Open event streams.", self._parts.feed.listeners
        )


def exposition(parts: Parts, traffic: Traffic) -> bytes:
    """All figures in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(FloorFigures(parts))
    return generate_latest(registry) + generate_latest(traffic.registry)
