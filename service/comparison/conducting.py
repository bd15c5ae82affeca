"""A whole comparison as a command or the service asks for it: from files to a kept report."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from finetune.adopting import judged_for_use
from finetune.features import Windows
from finetune.progress import Progress
from finetune.task import Task
from finetune.threads import bounded
from ingest.errors import AndonFault
from service.comparison.arms import Engines, Training, arms_of, opened_engines
from service.comparison.codes import read_codes
from service.comparison.data import Material, read_material
from service.comparison.entrants import entered
from service.comparison.keeping import MODELS, folders, write_report
from service.comparison.known_file import write_known
from service.comparison.nouns import Prices, Report
from service.comparison.pace import Pace
from service.comparison.reporting import Account, reported, target_of
from service.comparison.run import Outcome, compared


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be compared, and with what it is reckoned."""

    id: str
    task: Task
    data: Path
    home: Path
    target: float | None = None
    codes: Path | None = None
    """A code table; None: what the plant's own documents hold."""
    documents: Path | None = None
    """A folder with documents that hold code tables."""
    up_to: str | None = None
    """The dearest candidate of fine-tuning; None: all."""
    seed: int = 0
    prices: Prices = field(default_factory=Prices)
    copy_to: Path | None = None
    """A further folder for the report."""


def conducted(order: Order, *, windows: Windows | None, progress: Progress) -> Report:
    """Compare, decide, and keep the report with what is needed to follow it.

    Raises:
        SettingsFault: a file or folder that a person must change, or a target that is none.
        DataFault: rows or a code table that cannot be used.
        StoreFault: the library of the home cannot be read.
    """
    target, began = target_of(order.task, order.target), time.monotonic()
    left_out: list[str] = []
    with (
        folders(order.home, order.id, order.copy_to) as folder,
        opened_engines(order.home) as engines,
    ):
        frozen = engines.store.frozen(order.task.name)
        material = read_material(
            order.task, order.data, seed=order.seed, frozen=frozen, windows=windows
        )
        codes = read_codes(
            order.codes,
            order.documents,
            home=order.home,
            labels=material.task.label_names,
            target=order.task.target,
            settings=engines.rag,
            told=left_out.append,
        )
        pace = Pace(progress)
        training = Training(engines.store.beside(folder / MODELS), order.up_to, pace.trained)
        arms = arms_of(engines, material.task, codes=codes, training=training)
        with bounded(engines.threads):
            outcome = compared(
                material,
                entered(arms),
                codes=codes,
                prices=order.prices,
                seed=order.seed,
                pace=pace,
            )
            notes = _made_usable(training, outcome, material, engines)
        seconds, model = time.monotonic() - began, engines.model.model if engines.model else ""
        account = Account(order.id, target, order.prices, order.seed, model, tuple(codes), seconds)
        report = reported(material, outcome, account, notes=(*left_out, *notes))
        write_known(folder, outcome.known)
        return write_report(report, folder, order.copy_to)


def _made_usable(
    training: Training, outcome: Outcome, material: Material, engines: Engines
) -> tuple[str, ...]:
    """The model that was measured, judged once on the test for its card and the gate."""
    if not outcome.version:
        return ()
    task = material.task.name
    try:
        judged_for_use(
            training.store,
            outcome.version,
            data=material.data,
            split=material.split,
            home=engines.store,
        )
    except (AndonFault, OSError) as fault:  # a full disk costs the model, not the figures
        return (f"The model of fine-tuning cannot be put into use: {fault}",)
    training.store.prune(task, keep=1)
    return ()
