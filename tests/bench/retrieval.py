"""Retrieval: ranking, the right machine, declining and CPU time, beside Haystack and LlamaIndex."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.encoding import TextEncoder
from rag.evaluation.abstention import auroc, threshold
from rag.evaluation.beir import Indexed, cases, indexed, measured
from rag.evaluation.calibration import calibrate
from rag.evaluation.collection import Collection, Question
from rag.settings import RagSettings
from service.cli.docs_evaluate import quick_encoder
from tests.bench.measure import LONG, Measurement
from tests.bench.retrieval_data import mixed, other_devices, published, unanswered
from tests.bench.rivals import WORDS, Run, best_run, machines_of, wrong_machine

MANUAL = "device manual"
"""Its sections are long enough to be cut one way or another."""
EVERY = 1 if LONG else 10
"""One question in so many is put to the rivals: 1 takes most of an hour."""
FALSE = 0.02
"""Share of false answers at which the rest is compared."""


def all_figures() -> list[Measurement]:
    """Ours beside what we would be with one search alone, and declining; minutes."""
    manual, codes = published("tv_manual"), published("codes")
    if not manual or not codes:
        return []
    found: list[Measurement] = []
    for name, collection in {MANUAL: manual, "alarm codes": codes}.items():
        other = codes if collection is manual else manual
        with (
            quick_encoder() as encoder,
            indexed(collection, encoder, settings=RagSettings()) as place,
        ):
            found += _fusions(name, place, collection)
            found += _declining(name, place, collection, unanswered(other.questions))
            found += _calibrated(name, place, collection)
    return found


def rivals() -> list[Measurement]:
    """The same questions put to Haystack and LlamaIndex; minutes."""
    manual, codes = published("tv_manual"), published("codes")
    if not manual or not codes:
        return []
    mix = mixed(manual, codes)
    whole = {MANUAL: manual, "alarm codes": codes, "mix": mix}
    known = {
        name: replace(collection, questions=collection.questions[::EVERY])
        for name, collection in whole.items()
    }
    with quick_encoder() as encoder:
        beside = [
            one for name, collection in known.items() for one in _beside(name, collection, encoder)
        ]
        return [*beside, *_without_machine(known["mix"], encoder)]


def _beside(name: str, collection: Collection, encoder: TextEncoder) -> Iterator[Measurement]:
    ours = _ours(collection, encoder)
    for system in ("haystack", "llamaindex"):
        run = best_run(system, collection, words=WORDS if name == MANUAL else WORDS[:1])
        yield Measurement(f"{name}: nDCG@10", "", ours.ndcg_at_10, run.ndcg_at_10, run.name)
        yield Measurement(f"{name}: hit@1", "", ours.hit_at_1, run.hit_at_1, run.name)
        yield Measurement(
            f"{name}: CPU", "ms a query", ours.cpu_ms, run.cpu_ms, run.name, more_is_better=False
        )
        if name == "mix":
            yield Measurement(
                f"{name}, machine known: wrong machine", "share", ours.wrong_machine,
                run.wrong_machine, run.name, more_is_better=False,
            )  # fmt: skip


def _without_machine(mix: Collection, encoder: TextEncoder) -> Iterator[Measurement]:
    """Nobody says which machine: the siblings' manuals win as often as the right ones."""
    blind = replace(mix, questions=[replace(q, machine=None) for q in mix.questions])
    with indexed(mix, encoder, settings=RagSettings()) as place:
        ranked = [place.ranking(place.retrieve(question)) for question in blind.questions]
        told = [place.ranking(place.retrieve(question)) for question in mix.questions]
    machines = machines_of(mix)
    yield Measurement(
        "mix: wrong machine", "share", wrong_machine(told, mix.questions, machines),
        wrong_machine(ranked, mix.questions, machines), "ours, machine not known",
        more_is_better=False,
    )  # fmt: skip


def _ours(collection: Collection, encoder: TextEncoder) -> Run:
    with indexed(collection, encoder, settings=RagSettings()) as place:
        for question in collection.questions[:5]:
            place.retrieve(question)
        found = measured(place, collection.questions)
        retrieved = [place.retrieve(question) for question in collection.questions]
        ranked = [place.ranking(one) for one in retrieved]
    return Run(
        name="ours",
        ndcg_at_10=found.ndcg_at_10,
        hit_at_1=found.hit_at_1,
        cpu_ms=found.cpu_ms_per_query,
        wrong_machine=wrong_machine(ranked, collection.questions, machines_of(collection)),
        scores=tuple(one.support for one in retrieved),
    )


def _fusions(name: str, place: Indexed, collection: Collection) -> Iterator[Measurement]:
    """What is shipped against each search alone and ranks alone."""
    shipped = place.library.settings
    ours = measured(place, collection.questions)
    for label, fusion in {
        "words alone": "sparse", "vectors alone": "dense", "reciprocal rank fusion": "rrf",
    }.items():  # fmt: skip
        place.library.weigh(shipped.model_copy(update={"fusion": fusion}))
        other = measured(place, collection.questions).ndcg_at_10
        yield Measurement(f"{name}: nDCG@10", "", ours.ndcg_at_10, other, label)
    place.library.weigh(shipped)
    yield Measurement(f"{name}: hit@1", "", ours.hit_at_1, 0.0, "")


def _declining(
    name: str, place: Indexed, collection: Collection, foreign: Sequence[Question]
) -> Iterator[Measurement]:
    """Support against the cosine of the nearest passage, the usual sign."""
    have = [place.retrieve(question) for question in collection.questions]
    for against, questions in {"other devices": other_devices(), "the other set": foreign}.items():
        lack = [place.retrieve(question) for question in questions]
        support = [one.support for one in have], [one.support for one in lack]
        cosine = [one.cosine for one in have], [one.cosine for one in lack]
        what = f"{name} against {against}"
        yield Measurement(
            f"{what}: AUROC", "", auroc(*support) or 0.0, auroc(*cosine) or 0.0, "cosine alone"
        )
        yield Measurement(
            f"{what}: answered at 2 % false", "share",
            threshold(*support, false_answers=FALSE).answered,
            threshold(*cosine, false_answers=FALSE).answered, "cosine alone",
        )  # fmt: skip


def _calibrated(name: str, place: Indexed, collection: Collection) -> Iterator[Measurement]:
    """Fusion, weights and threshold chosen on four fifths and judged on the fifth, five times."""
    both = [*cases(place, collection.questions), *cases(place, other_devices())]
    made = calibrate(place.library, both, false_answers=FALSE)
    yield Measurement(
        f"{name}, calibrated: nDCG@10", "", made.after.ndcg_at_10, made.before.ndcg_at_10,
        "as shipped",
    )  # fmt: skip
    yield Measurement(
        f"{name}, calibrated: answered", "share", made.after.answered, made.before.answered,
        "as shipped",
    )  # fmt: skip
    yield Measurement(
        f"{name}, calibrated: false answers", "share", made.after.false_answers,
        made.before.false_answers, "as shipped", more_is_better=False,
    )  # fmt: skip
