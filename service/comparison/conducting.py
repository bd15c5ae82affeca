"""A whole comparison as a command or the service asks for it: from files to a kept report."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from finetune.adopting import judged_for_use
from finetune.features import Windows
from finetune.progress import Progress
from finetune.task import Task
from finetune.threads import bounded
from ingest.errors import AndonFault, SettingsFault
from service.comparison.arms import Engines, Training, arms_of, opened_engines
from service.comparison.codes import read_codes
from service.comparison.data import Material, read_material
from service.comparison.entrants import entered
from service.comparison.kept import folder_of
from service.comparison.known_file import write_known
from service.comparison.nouns import Prices, Report
from service.comparison.pace import Pace
from service.comparison.report_html import write_html
from service.comparison.report_json import FILE, write_json
from service.comparison.reporting import Account, reported, target_of
from service.comparison.run import Outcome, compared

MODELS = "models"
"""Store of the model that stands for fine-tuning, in the folder of a comparison."""


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
    """
    target = target_of(order.task, order.target)
    began = time.monotonic()
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
        )
        pace = Pace(progress)
        training = Training(engines.store.beside(folder / MODELS), order.up_to, pace.trained)
        arms = arms_of(engines, material.task, codes=codes, training=training)
        with bounded(engines.threads):
            outcome = compared(
                material,
                entered(arms, task=material.task, codes=codes),
                codes=codes,
                prices=order.prices,
                seed=order.seed,
                pace=pace,
            )
            notes = _made_usable(training, outcome, material, engines)
        seconds, model = time.monotonic() - began, engines.model.model if engines.model else ""
        account = Account(order.id, target, order.prices, order.seed, model, tuple(codes), seconds)
        report = reported(material, outcome, account, notes=notes)
        write_known(folder, outcome.known)
        for place in filter(None, (folder, order.copy_to)):
            write_html(report, place)
            write_json(report, place)
    return report


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
    except AndonFault as fault:
        return (f"The model of fine-tuning cannot be put into use: {fault}",)
    training.store.prune(task, keep=1)
    return ()


@contextmanager
def folders(home: Path, identity: str, copy_to: Path | None) -> Iterator[Path]:
    """The folder of the comparison, and the further one: both can be written to, before it begins.

    Where no report comes of it, what was begun is removed.

    Raises:
        SettingsFault: one of them cannot be made or written to, or holds another comparison.
    """
    folder = folder_of(home, identity)
    if (folder / FILE).exists():
        raise SettingsFault(f"There is a comparison {identity} already.", remedy="Name another.")
    for place in filter(None, (folder, copy_to)):
        _refuse_unwritable(place)
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder / MODELS, ignore_errors=True)
        with suppress(OSError):
            folder.rmdir()
        raise


def _refuse_unwritable(folder: Path) -> None:
    probe = folder / ".probe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as fault:
        raise SettingsFault(
            f"The report cannot be written to {folder}: {fault.strerror}.",
            remedy="Name another folder.",
        ) from fault
