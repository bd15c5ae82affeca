"""A version that was trained apart, judged on the test it never saw, and taken up as it is."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from finetune.alone import alone
from finetune.artefact import MANIFEST, seal, verify
from finetune.card import FITTED_ON, CardFacts, write_card
from finetune.dataset import Dataset
from finetune.encoder import Encoder
from finetune.engine import CARD, MODEL, Engine, needs_encoder, read_engine, write_json
from finetune.examples import Examples, Floats, Rows
from finetune.frozen import FROZEN, FrozenTest, Judgement, judgements, read_frozen
from finetune.judged import JUDGED, judged_as_dict
from finetune.limits import Outcomes, outcomes
from finetune.models import ModelStore
from finetune.report import TrainReport, report_from, rounded
from finetune.score import LabelFigures, Score, label_figures, score
from finetune.split import Split
from finetune.stored import described, seal_of
from finetune.targets import targets_reached
from ingest.errors import DataFault, SettingsFault, StoreFault


@dataclass(frozen=True, slots=True)
class _Judged:
    """What a version said to the test."""

    engine: Engine
    probabilities: Floats
    truth: Rows
    test: Score
    labels: tuple[LabelFigures, ...]
    outcomes: Outcomes
    frozen: tuple[Judgement, ...]


def judged_for_use(
    store: ModelStore, version: str, *, data: Dataset, split: Split, home: ModelStore
) -> str:
    """A further version in the store: the same model to the byte, judged on the test once.

    Its card says that it has learnt the rows to develop on alone.

    Args:
        store: where it was trained apart.
        version: its name there.
        data: of the task, the test included.
        split: as it was when the model learnt `split.develop`.
        home: of the versions in use; whose frozen test it is judged on, too.

    Raises:
        NotKnown: no such version.
        SettingsFault: its files were changed.
        DataFault: it is of other labels or reads other numbers than the data has.
    """
    task = data.task.name
    source = store.folder(task, version)
    encoder = _encoder(store, source)
    engine, about = read_engine(source, encoder)
    if engine.task.label_names != data.task.label_names:
        raise DataFault(f"Version {version} of task {task} decides between other labels.")
    frozen = home.frozen(task).extended(data.frozen_rows(split.test, added=_now()))
    found = _judged(engine, encoder, rows=(data, split.test), frozen=frozen)

    def fill(folder: Path, name: str) -> None:
        _copy(source, folder)
        report = _report(report_from(about["report"]), found, name, data=data, split=split)
        named = {**about, "version": name, "report": report.as_dict()}
        named |= {"data_sha256": data.sha256, "frozen": asdict(frozen.seal())}
        write_json(folder / MODEL, named)
        write_json(folder / JUDGED, judged_as_dict(found.frozen))
        write_card(folder, _card_facts(report, found))
        seal(folder)

    with alone(store.root / task):
        return store.add(task, fill, frozen=frozen)


def adopted(store: ModelStore, task: str, version: str, *, home: ModelStore) -> str:
    """The version in the home that is this one of the store; it is not promoted by that.

    A version that was adopted before is found again and not copied twice.

    Raises:
        NotKnown: no such version.
        SettingsFault: its files were changed, it was judged on another test than the home's of
            today, or a training of the task is running in the home.
    """
    source = store.folder(task, version)
    about = read_engine(source, _encoder(store, source))[1]
    frozen = read_frozen(store.root / task / FROZEN)
    before = home.frozen(task).rows
    if frozen.seal() != seal_of(source) or frozen.rows[: len(before)] != before:
        raise SettingsFault(
            f"Version {version} in {store.root} was judged on another test of task {task} than "
            "the one that is in use today.",
            remedy=f"Compare again: andon compare {task}.",
        )

    def fill(folder: Path, name: str) -> None:
        _copy(source, folder)
        report = {**about["report"], "version": name}
        write_json(folder / MODEL, {**about, "version": name, "report": report})
        card = (folder / CARD).read_text(encoding="utf-8")
        (folder / CARD).write_text(card.replace(f" {version}\n", f" {name}\n", 1), "utf-8")
        seal(folder)

    with alone(home.root / task):
        return _found(home, task, about) or home.add(task, fill, frozen=frozen)


def _found(home: ModelStore, task: str, about: Mapping[str, Any]) -> str | None:
    """The version of the home that comes from the same training and is as it was judged."""
    for version in reversed(home.versions(task)):
        try:
            said = described(home.folder(task, version))
        except SettingsFault:
            continue
        if said.get("training") == about["training"] and FITTED_ON in said.get("report", {}):
            return version
    return None


def _copy(source: Path, folder: Path) -> None:
    """The files of a sealed version, looked at again where they arrived, to be sealed anew."""
    try:
        shutil.copytree(source, folder, symlinks=True, dirs_exist_ok=True)
    except shutil.Error as fault:  # it lists every file
        *_, (_, _, reason) = fault.args[0]
        raise StoreFault(f"{source.name} cannot be copied: {reason}") from fault
    verify(folder)
    (folder / MANIFEST).unlink()


def _encoder(store: ModelStore, folder: Path) -> Encoder | None:
    return store.encoder() if needs_encoder(folder) else None


def _judged(
    engine: Engine,
    encoder: Encoder | None,
    *,
    rows: tuple[Dataset, Rows],
    frozen: FrozenTest,
) -> _Judged:
    data, test = rows
    examples = _read(_arranged(data, engine).take(test), encoder)
    kept = engine.probabilities(_read(frozen.examples(engine.columns), encoder))
    near = None if engine.neighbours is None else engine.neighbours.familiarity(examples)
    probabilities, truth = engine.probabilities(examples), data.labels[test]
    return _Judged(
        engine,
        probabilities,
        truth,
        score(probabilities, truth),
        label_figures(probabilities, truth, data.task.label_names),
        outcomes(probabilities, truth, near, limits=engine.limits),
        judgements(frozen, kept, engine.task.label_names),
    )


def _arranged(data: Dataset, engine: Engine) -> Examples:
    """With the numbers in the order in which the model reads them."""
    if not engine.columns:
        return data.examples
    lacking = [name for name in engine.columns if name not in data.columns]
    if lacking:
        raise DataFault(f"The model reads numbers that the data lacks: {', '.join(lacking[:5])}.")
    order = [data.columns.index(name) for name in engine.columns]
    return replace(data.examples, table=data.examples.table[:, order])


def _read(examples: Examples, encoder: Encoder | None) -> Examples:
    if encoder is None:
        return examples
    return replace(examples, vectors=encoder.encode(examples.texts))


def _report(
    before: TrainReport, found: _Judged, version: str, *, data: Dataset, split: Split
) -> TrainReport:
    """What the training told, with the test in place of the folds."""
    folds = before.notes["splits"]["folds"]
    develop, test = len(split.develop), len(split.test)
    told = {
        FITTED_ON: develop,
        "labels": [rounded(asdict(one)) for one in found.labels],
        "outcomes": found.outcomes.as_dict(),
        "targets": targets_reached(data.task, found.test),
        "rows": len(data.labels),
        "splits": {"develop": develop, "test": test, "folds": folds},
        "split_notes": list(split.notes),
        "data_warnings": [warning.words for warning in data.inspection.warnings],
        "data_sha256": data.sha256,
    }
    said = f"{split.how}: {develop} rows train and choose over {len(folds)} folds, {test} test"
    return replace(
        before, version=version, split=said, test=found.test, notes={**before.notes, **told}
    )


def _card_facts(report: TrainReport, found: _Judged) -> CardFacts:
    engine = found.engine
    return CardFacts(
        report,
        engine.task,
        engine.limits,
        found.outcomes,
        found.labels,
        found.probabilities,
        found.truth,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
