"""Figures for Prometheus: what the log must prove, the cards, the watch and the traffic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import Scope

from ingest.history import SourceCounters
from ingest.outbox import outbox_figures
from ingest.vocabulary import IssueState
from prompting.breaker import BreakerState
from rag.document import DocumentStatus
from service.collectors import collectors_figures

if TYPE_CHECKING:
    from service.parts import Parts

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MOST_SOURCES = 5_000
"""Sources with figures of their own: whoever publishes can make up topics, each would be one."""
OTHERS = "others"
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


class Traffic:
    """Requests by route, and how long they took."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.named_sources: set[str] = set()
        """Sources of records that have figures of their own as long as we run."""
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

    def __init__(self, parts: Parts, named: set[str]) -> None:
        self._parts = parts
        self._named = named

    def collect(self) -> Iterator[Metric]:
        """The figures of now."""
        yield from self._ingest()
        yield from self._outbox()
        yield from collectors_figures(self._parts.pulses())
        yield from self._cards()
        yield from self._watch()
        yield from self._breaker()
        yield from self._documents()

    def _documents(self) -> Iterator[Metric]:
        library = self._parts.library
        every = library.documents()
        family = GaugeMetricFamily(
            "andon_documents", "Revisions of documents by standing.", labels=["status"]
        )
        for status in DocumentStatus:
            family.add_metric([status], sum(one.status is status for one in every))
        yield family
        words = {
            "andon_documents_passages": "Passages of all documents.",
            "andon_documents_ocr_pages": "Pages that were read from a picture.",
            "andon_documents_unread_pages": "Pages that are pictures and could not be read.",
            "andon_documents_failed": "Files that could not be taken in of late.",
        }
        values = (
            sum(one.passages for one in every),
            sum(len(one.ocr_pages) for one in every),
            sum(len(one.unread_pages) for one in every),
            len(library.failures()),
        )
        for (name, help_text), value in zip(words.items(), values, strict=True):
            yield GaugeMetricFamily(name, help_text, value)

    def _ingest(self) -> Iterator[Metric]:
        counters = self._known(self._parts.history.counters())
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

    def _known(self, counters: Sequence[SourceCounters]) -> list[SourceCounters]:
        """Sources by name, those that sent most first, and all others in one: sums stay right.

        Who was named once stays so, for a counter must not fall.
        """
        for counter in sorted(counters, key=lambda counter: -counter.received):
            if len(self._named) >= MOST_SOURCES:
                break
            self._named.add(counter.source)
        others = [counter for counter in counters if counter.source not in self._named]
        named = [counter for counter in counters if counter.source in self._named]
        return [*named, _together(others)] if others else named

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

    def _breaker(self) -> Iterator[Metric]:
        asker = self._parts.asker
        if asker is None:
            return
        family = GaugeMetricFamily(
            "andon_llm_breaker_open",
            "1 while the model is left alone after failing repeatedly.",
            labels=["engine", "model"],
        )
        stays_away = asker.breaker.state is not BreakerState.CLOSED
        family.add_metric([asker.model.engine, asker.model.model], float(stays_away))
        yield family


def _together(counters: Sequence[SourceCounters]) -> SourceCounters:
    return SourceCounters(
        OTHERS,
        received=sum(counter.received for counter in counters),
        stored=sum(counter.stored for counter in counters),
        duplicates=sum(counter.duplicates for counter in counters),
        dead_lettered=sum(counter.dead_lettered for counter in counters),
        last_received=max(counter.last_received for counter in counters),
    )


def exposition(parts: Parts, traffic: Traffic) -> bytes:
    """All figures in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(FloorFigures(parts, traffic.named_sources))
    own = (
        parts.model_figures.registry,
        parts.learning.figures.registry,
        parts.document_figures.registry,
    )
    registries = (registry, *own, traffic.registry)
    return b"".join(generate_latest(each) for each in registries)
