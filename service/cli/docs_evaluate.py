"""andon docs evaluate: how well questions are answered, and what would answer them better."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.errors import SettingsFault
from service.cli.docs_figures import show_figures
from service.cli.options import (
    DEFAULT_HOME,
    DEFAULT_PLANT,
    HomeOption,
    JsonOption,
    PlantOption,
    complaints,
    print_json,
)

if TYPE_CHECKING:
    from finetune.encoder import Encoder
    from rag.evaluation.calibration import Calibration
    from rag.evaluation.questions import Asked

Progress = Callable[[int, int, str], None]

FolderArgument = Annotated[
    Path | None, typer.Argument(metavar="[DIR]", help="A collection in BEIR layout.")
]
QuestionsOption = Annotated[
    Path | None, typer.Option("--questions", help="Questions to the plant's own library (JSONL).")
]
PartOption = Annotated[str, typer.Option("--part", help="Only questions of this part.")]
EverydayOption = Annotated[
    bool,
    typer.Option(
        "--everyday/--no-everyday",
        help="Also ask questions about things of daily life, all of them to be declined.",
    ),
]
CalibrateOption = Annotated[
    bool, typer.Option("--calibrate", help="Try every fusion and threshold, cross-validated.")
]
ApplyOption = Annotated[
    bool, typer.Option("--apply", help="Calibrate, and keep what is best for this library.")
]
FalseOption = Annotated[
    float,
    typer.Option(
        "--false-answers", min=0.0, max=0.5, help="Share of false answers that is allowed."
    ),
]
CurveOption = Annotated[
    Path | None, typer.Option("--curve", help="Draw the abstention curve into this PNG.")
]


def evaluate_documents(
    folder: FolderArgument = None,
    questions: QuestionsOption = None,
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    *,
    part: PartOption = "",
    everyday: EverydayOption = True,
    calibrate: CalibrateOption = False,
    apply: ApplyOption = False,
    false_answers: FalseOption = 0.02,
    curve: CurveOption = None,
    as_json: JsonOption = False,
) -> None:
    """How well questions are answered: ranking, citations, declining, time; by kind of document.

    DIR holds corpus.jsonl, queries.jsonl and qrels/test.tsv; a file of questions is put to the
    plant's own library.
    """
    if (folder is None) == (questions is None):
        raise typer.BadParameter("Name either a folder in BEIR layout or a file with --questions.")
    if curve and curve.suffix.lower() != ".png":
        raise typer.BadParameter("The curve is drawn into a file whose name ends in .png.")
    if folder and (apply or curve):
        raise typer.BadParameter("--apply and --curve go with --questions.")
    allowed = false_answers if calibrate or apply else None
    if folder:
        result = _of_collection(folder, false_answers=allowed)
    else:
        asked = _questions(Path(str(questions)), part, everyday=everyday)
        result = _of_library(asked, home=home, plant=plant, false_answers=allowed, apply=apply)
    if curve:
        _draw(curve, result)
    if as_json:
        print_json(result)
    else:
        show_figures(result)


def _of_collection(folder: Path, *, false_answers: float | None) -> dict[str, Any]:
    from rag.evaluation.beir import cases, indexed, measured
    from rag.evaluation.calibration import calibrate
    from rag.evaluation.collection import read_collection
    from rag.settings import RagSettings
    from service.settings import read_settings

    settings = read_settings(RagSettings)
    collection = read_collection(folder)
    with (
        progress_bar("Indexing") as told,
        quick_encoder() as encoder,
        indexed(collection, encoder, settings=settings, progress=told) as place,
    ):
        found = asdict(measured(place, collection.questions))
        if false_answers is not None:
            asked = cases(place, collection.questions)
            made = calibrate(place.library, asked, false_answers=false_answers, progress=told)
            found["calibration"] = _told(made)
    return found


def _of_library(
    questions: Sequence[Asked],
    *,
    home: Path,
    plant: Path,
    false_answers: float | None,
    apply: bool,
) -> dict[str, Any]:
    from rag.evaluation.asking import put_all
    from rag.evaluation.report import figures
    from service.cli.desk import open_desk

    if false_answers is not None and not any(asked.expected for asked in questions):
        raise SettingsFault(
            "There is nothing to calibrate on: none of the questions has an answer.",
            remedy='Add some with "expected".',
        )
    questions = with_kinds(questions, plant)
    with progress_bar("Asking") as told, open_desk(home=home, plant=plant, told=_say) as desk:
        began = time.process_time()
        outcomes = put_all(questions, desk, told)
        result = figures(outcomes, cpu_s=time.process_time() - began)
    if false_answers is not None:
        result["calibration"] = _calibrated(
            questions, home=home, false_answers=false_answers, apply=apply
        )
    return result


def _calibrated(
    questions: Sequence[Asked], *, home: Path, false_answers: float, apply: bool
) -> dict[str, Any]:
    """On a copy of the document store, so that a running service is in nobody's way."""
    from rag.evaluation.calibration import calibrate
    from rag.evaluation.own import cases, snapshot
    from rag.settings import RagSettings
    from rag.tuning import basis
    from service.cli.desk import command_encoder
    from service.settings import read_settings

    settings, encoder = read_settings(RagSettings), command_encoder(threads=1)
    with (
        progress_bar("Calibrating") as told,
        snapshot(home, encoder, settings=settings) as library,
    ):
        made = calibrate(library, cases(questions), false_answers=false_answers, progress=told)
    result = _told(made)
    if apply:
        result["written_to"] = _keep(made, home, basis(encoder.name, settings))
    return result


def _keep(made: Calibration, home: Path, basis: str) -> str | None:
    """Where it was written; None where what is in force ranks better."""
    from rag.tuning import WEIGHED, Tuning, write_tuning

    if not made.is_better:
        return None
    tuning = Tuning(
        basis=basis,
        measured_at=datetime.now(UTC),
        questions=made.answerable,
        unanswerable=made.unanswerable,
        **made.settings.model_dump(include=set(WEIGHED)),
    )
    return str(write_tuning(home / "documents", tuning))


def _told(made: Calibration) -> dict[str, Any]:
    from rag.evaluation.case import fusion_name
    from rag.tuning import WEIGHED

    return {
        "answerable": made.answerable,
        "unanswerable": made.unanswerable,
        "before": asdict(made.before),
        "after": asdict(made.after),
        "chosen": {
            "name": fusion_name(made.settings),
            **made.settings.model_dump(include=set(WEIGHED)),
        },
        "tried": dict(made.tried),
    }


def _questions(path: Path, part: str, *, everyday: bool) -> list[Asked]:
    from rag.evaluation.questions import PARTS, everyday_questions, read_questions

    if part not in ("", *PARTS):
        raise typer.BadParameter(f"--part is one of {', '.join(PARTS)}.")
    found = read_questions(path, part=part)
    return [*found, *everyday_questions()] if everyday else found


def with_kinds(questions: Sequence[Asked], plant: Path) -> list[Asked]:
    """Questions about a machine know its kind from the plant's description.

    Raises:
        NotKnown: there is no such machine.
    """
    if not plant.exists():
        return list(questions)
    from ingest.plant import load_plant

    described = load_plant(plant)
    return [
        asked.model_copy(update={"machine_kind": described.machine(asked.machine).kind})
        if asked.machine
        else asked
        for asked in questions
    ]


def _draw(path: Path, result: Mapping[str, Any]) -> None:
    from finetune.plots import plot_abstention

    if not result["curve"]:
        raise SettingsFault(
            "There is no curve without questions of both sorts.",
            remedy='Add some with "declined": true, or leave --everyday on.',
        )
    plot_abstention(path, result["curve"], auroc=result["auroc"])


def _say(line: str) -> None:
    complaints.print(line, markup=False)


@contextmanager
def quick_encoder() -> Iterator[Encoder]:
    """The encoder as a service has it whose first training looked at the runtimes; one thread."""
    from tempfile import TemporaryDirectory

    from finetune.runtimes.serving import Runtimes
    from finetune.settings import FinetuneSettings
    from service.cli.desk import command_encoder
    from service.settings import read_settings

    encoder = command_encoder(threads=1)  # one question is no work for two
    wanted = read_settings(FinetuneSettings).runtime
    with TemporaryDirectory(prefix="andon-runtimes-") as folder:
        runtimes = Runtimes(Path(folder), wanted=wanted, threads=1)
        runtimes.ranked(encoder)
        yield runtimes.fastest(encoder)


@contextmanager
def progress_bar(doing: str) -> Iterator[Progress]:
    """A bar on standard error, and what moves it."""
    from rich.progress import Progress as Bar

    with Bar(console=complaints, transient=True) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, total, _: bar.update(task, completed=done, total=total)
