"""Figures of the classifiers for Prometheus: what they said, their shadows, how far all drifted."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from ingest.vocabulary import Diagnosis

SHARES = tuple(step / 10 for step in range(1, 11))


class ClassifierFigures:
    """Hears of every answer of a classifier."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._answers = Counter(
            "andon_classifier_predictions",
            "Answers by how they ended; the label is empty where none was given.",
            ("task", "outcome", "label"),
            registry=self.registry,
        )
        self._engines = Counter(
            "andon_classifier_engines",
            "Answers by the engine that gave them: classifier, prompt or rag.",
            ("task", "engine"),
            registry=self.registry,
        )
        self._confidence = Histogram(
            "andon_classifier_confidence",
            "Confidence of the likeliest label.",
            ("task",),
            buckets=SHARES,
            registry=self.registry,
        )
        self._shadowed = Counter(
            "andon_classifier_shadow_answers",
            "Answers of a shadow, by whether it says what the version that serves says.",
            ("task", "verdict"),
            registry=self.registry,
        )
        self._failures = Counter(
            "andon_classifier_shadow_failures",
            "Shadows left alone because they failed, and answers that could not be kept.",
            ("task",),
            registry=self.registry,
        )
        self._dropped = Counter(
            "andon_classifier_shadow_dropped",
            "Answers neither kept nor shadowed because too many waited.",
            registry=self.registry,
        )
        self._shifted = Gauge(
            "andon_classifier_drifted",
            "1 while what comes in is no longer what the model was trained on.",
            ("task",),
            registry=self.registry,
        )
        self._drift = Gauge(
            "andon_classifier_drift",
            "How far the last answers are from the training, by measure.",
            ("task", "measure"),
            registry=self.registry,
        )

    def answered(self, diagnosis: Diagnosis) -> None:
        """A task was answered."""
        self._answers.labels(diagnosis.task, diagnosis.outcome, diagnosis.label or "").inc()
        self._engines.labels(diagnosis.task, diagnosis.engine).inc()
        self._confidence.labels(diagnosis.task).observe(diagnosis.confidence)

    def shadowed(self, task: str, *, agrees: bool) -> None:
        """A shadow answered the same question."""
        self._shadowed.labels(task, "agrees" if agrees else "differs").inc()

    def failed(self, task: str) -> None:
        """A shadow failed, or an answer could not be kept."""
        self._failures.labels(task).inc()

    def dropped(self, answers: int) -> None:
        """Too many waited."""
        self._dropped.inc(answers)

    def drifted(self, task: str, *, shifted: bool, measures: dict[str, float]) -> None:
        """What the watch over the drift found."""
        self._shifted.labels(task).set(float(shifted))
        for name, value in measures.items():
            self._drift.labels(task, name).set(value)
