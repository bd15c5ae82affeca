"""Figures of the language model for Prometheus: requests, tokens, seconds, cost, what fell back."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from ingest.vocabulary import Account

SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0)
MODEL = ("engine", "model")


class ModelFigures:
    """Hears of every question that was asked of a model."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._counter(
            "requests", "Questions by how they ended: answered, cached or why not.", "outcome"
        )
        self._tries = self._counter("tries", "Requests sent, further tries and repairs included.")
        self._repairs = self._counter("repairs", "Replies that had to be repaired.")
        self._tokens = self._counter("tokens", "Tokens sent and received.", "direction")
        self._cost = self._counter("cost", "In the currency of ANDON_LLM_PRICES.")
        self._cached = self._counter("cache_hits", "Questions answered from the cache.")
        self._replaced = self._counter(
            "replaced_sentences", "Sentences of a model that failed their check."
        )
        self._fallbacks = Counter(
            "andon_llm_fallbacks",
            "Texts written by rule because the model did not.",
            ("reason",),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "andon_llm_seconds",
            "Time for a question, all tries and the repair included.",
            MODEL,
            buckets=SECONDS,
            registry=self.registry,
        )

    def _counter(self, name: str, about: str, *more: str) -> Counter:
        return Counter(f"andon_llm_{name}", about, (*MODEL, *more), registry=self.registry)

    def asked(self, engine: str, model: str, *, outcome: str, account: Account) -> None:
        """A question ended."""
        self._requests.labels(engine, model, outcome).inc()
        self._tries.labels(engine, model).inc(account.tries)
        self._repairs.labels(engine, model).inc(account.repairs)
        self._tokens.labels(engine, model, "in").inc(account.tokens_in)
        self._tokens.labels(engine, model, "out").inc(account.tokens_out)
        self._cost.labels(engine, model).inc(account.cost)
        if account.cached:
            self._cached.labels(engine, model).inc()
        else:
            self._seconds.labels(engine, model).observe(account.seconds)

    def fell_back(self, reason: str) -> None:
        """A text was written by rule because the model did not."""
        self._fallbacks.labels(reason).inc()

    def replaced(self, engine: str, model: str, *, sentences: int) -> None:
        """Sentences failed their check and were replaced."""
        self._replaced.labels(engine, model).inc(sentences)
