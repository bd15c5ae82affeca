"""A home with a comparison whose figures come from real arms on real rows, ready to be followed."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path

from finetune.adopting import judged_for_use
from finetune.candidates.lora import LoraSettings
from finetune.dataset import task_for
from finetune.models import ModelStore
from rag.settings import RagSettings
from service.comparison.arms import Engines, Training, arms_of
from service.comparison.cascades import cascaded, pairs
from service.comparison.data import read_material
from service.comparison.entrants import ALL, entered
from service.comparison.figures import Bench, measured
from service.comparison.kept import folder_of
from service.comparison.known_file import write_known
from service.comparison.measuring import shuffled
from service.comparison.nouns import Decision, Item, Known, Prices, Report, Route
from service.comparison.report_json import write_json
from tests.unit.service.comparison.report_example import example

IDENTITY = "mine-20261123-080000-0000"
PLACES = {"good": (0.0, 0.0), "short": (4.0, 0.0), "warped": (0.0, 4.0)}
"""Where the rows of a label lie; between them they mix."""


@dataclass(frozen=True)
class Home:
    """What was compared, and what came of it."""

    path: Path
    report: Report
    test: tuple[Item, ...]


def rows_of(count: int, *, seed: int) -> list[str]:
    """Lines of a file of labelled rows, a third of each label."""
    chance = random.Random(seed)
    lines = ["x,y,label,group"]
    for number in range(count):
        label = list(PLACES)[number % 3]
        x, y = (place + chance.gauss(0, 1.6) for place in PLACES[label])
        lines.append(f"{x:.3f},{y:.3f},{label},{number}")
    return lines


def engines_in(home: Path) -> Engines:
    """Of a home without a language model; numbers need no encoder."""

    def none() -> None:
        raise AssertionError("numbers need no encoder")

    return Engines(
        store=ModelStore(home / "models"),
        encoder=none,  # type: ignore[arg-type]
        model=None,
        rag=RagSettings(),
        threads=1,
        lora=LoraSettings(),
    )


def compared_home(home: Path) -> Home:
    """Every approach's own arm and every cascade of two, measured as a comparison does."""
    home.mkdir(parents=True, exist_ok=True)
    data, folder = home / "rows.csv", folder_of(home, IDENTITY)
    data.write_text("\n".join(rows_of(240, seed=1)) + "\n")
    folder.mkdir(parents=True)
    engines = engines_in(home)
    material = read_material(task_for("mine", declared=None, data=data), data, seed=0)
    training = Training(engines.store.beside(folder / "models"), "logistic regression")
    arms = arms_of(engines, material.task, codes=(), training=training)
    known = Known(material.task, material.develop)
    bench = Bench(shuffled(material.test, seed=0), material.develop[0], Prices(), 0)
    named = ("key words", "nearest", "trained")
    standing = [
        measured(one, ALL, known, bench=bench) for one in entered(arms) if one.arm.name in named
    ]
    trained = standing[-1].answerer
    judged_for_use(
        training.store,
        trained.version,  # type: ignore[attr-defined]
        data=material.data,
        split=material.split,
        home=engines.store,
    )
    report = replace(
        example(),
        id=IDENTITY,
        task="mine",
        arms=tuple(replace(one.result, chosen=True) for one in standing),
        cascades=tuple(cascaded(first, then, bench) for first, then in pairs(standing)),
        decision=Decision(Route.CASCADE, "rag/nearest + finetune/logistic regression", (), ()),
    )
    write_known(folder, known)
    write_json(report, folder)
    return Home(home, report, bench.test)
