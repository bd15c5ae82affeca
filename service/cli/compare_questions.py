"""andon compare questions: the prompt alone, documents, or both, on questions of one's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import SettingsFault

if TYPE_CHECKING:
    from finetune.progress import Progress
    from service.comparison.arms import Engines
    from service.comparison.nouns import Prices, Report
    from service.comparison.question_library import Shelf

QUESTIONS = "questions"
"""In place of a task."""


def compare_questions(
    identity: str,
    data: Path | None,
    *,
    home: Path,
    plant: Path,
    documents: Path | None,
    target: float | None,
    seed: int,
    prices: Prices,
    report: Path | None,
    progress: Progress,
) -> Report:
    """Ask every arm and keep the report.

    Raises:
        SettingsFault: there is no such file, folder or machine.
        DataFault: lines that are no questions.
    """
    from service.cli.docs_evaluate import with_kinds
    from service.comparison.arms import opened_engines
    from service.comparison.question_run import QuestionOrder, questions_compared, questions_of

    if data is None or not data.is_file():
        named = f"There is no file {data}." if data else "Name the questions with --data."
        raise SettingsFault(named, remedy="It holds one question a line, as JSON.")
    if documents is not None and not documents.is_dir():
        raise SettingsFault(f"There is no folder {documents}.")
    questions = questions_of(data)
    with opened_engines(home) as engines:
        order = QuestionOrder(
            id=identity,
            data=data,
            home=home,
            shelf=_shelf(engines, home, documents, plant),
            target=target,
            seed=seed,
            prices=prices,
            copy_to=report,
        )
        return questions_compared(order, with_kinds(questions, plant), engines, progress)


def _shelf(engines: Engines, home: Path, documents: Path | None, plant: Path) -> Shelf:
    """With the names and the day of the plant, where one is described."""
    from service.comparison.question_library import Shelf

    shelf = Shelf(home, documents, engines.encoder, engines.rag)
    if not plant.exists():
        return shelf
    from ingest.plant import load_plant
    from service.answering import machine_names
    from service.plant_day import today_in

    described = load_plant(plant)
    today = today_in(described.timezone)
    return replace(shelf, machines=machine_names(described), today=today)
