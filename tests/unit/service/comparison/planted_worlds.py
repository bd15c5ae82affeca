"""Four worlds in which it is known beforehand which approach is the right one."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MACHINES = ("press", "lathe", "conveyor", "oven", "robot", "mill", "pump", "crane")
FILLER = (
    "shift early late night operator wrote near line hall east west before after lunch monday "
    "tuesday friday again noted seen reported by colleague during start stop change order batch "
    "small large part station left right upper lower side green yellow blue cover door panel"
)
TELLING = {
    "leak": ("drips", "puddle", "leaking", "oil"),
    "jam": ("stuck", "blocked", "jammed", "wedged"),
    "heat": ("hot", "overheated", "smoke", "burnt"),
}
"""Words of the labels, as a person would describe them."""
OPAQUE = {"team_a": "goes to the first team", "team_b": "goes to the second", "team_c": "the rest"}
"""Labels whose names and meanings say nothing about the inputs."""


@dataclass(frozen=True, slots=True)
class World:
    """Files of one world."""

    data: Path
    task_file: Path
    codes: Path | None = None


def prompt_suffices(folder: Path) -> World:
    """The words of the labels stand in the texts, in half of them with another form of words."""
    chance = random.Random(1)
    rows = []
    for at in range(90):
        label = list(TELLING)[at % 3]
        words = [*chance.sample(FILLER.split(), 6), chance.choice(TELLING[label])]
        chance.shuffle(words)
        rows.append(_text_row(" ".join(words), label, f"{chance.choice(MACHINES)}-{at // 3}"))
    meanings = {label: ", ".join(words) for label, words in TELLING.items()}
    return World(_written(folder, rows), _task(folder, meanings))


def only_the_code_table_helps(folder: Path) -> World:
    """What a code means stands in the table alone; no code that is asked was ever learnt."""
    chance = random.Random(2)
    codes = [f"E{number}" for number in chance.sample(range(100, 1000), 90)]
    means = {code: chance.choice(list(OPAQUE)) for code in codes}
    rows = [
        _text_row(f"{' '.join(chance.sample(FILLER.split(), 5))} alarm {code}", means[code], code)
        for code in codes
    ]
    table = [
        {"code": code, "meaning": f"unit {chance.choice(MACHINES)} {at}", "label": means[code]}
        for at, code in enumerate(codes)
    ]
    return World(
        _written(folder, rows),
        _task(folder, OPAQUE),
        _written(folder, table, name="codes.csv"),
    )


def only_training_helps(folder: Path) -> World:
    """Eight forms that all labels share, and one word that tells: the nearest has the same form."""
    chance = random.Random(5)
    words = _made_up(chance, 8 * 12 + 3 * 5)
    forms = [words[at : at + 12] for at in range(0, 8 * 12, 12)]
    signs = {label: words[96 + 5 * at : 101 + 5 * at] for at, label in enumerate(OPAQUE)}
    texts: dict[str, str] = {}
    while len(texts) < 120:
        label, said = list(OPAQUE)[len(texts) % 3], [*chance.choice(forms)]
        said.insert(chance.randrange(len(said)), chance.choice(signs[label]))
        texts.setdefault(" ".join(said), label)
    rows = [_text_row(text, label, f"order-{at}") for at, (text, label) in enumerate(texts.items())]
    return World(_written(folder, rows), _task(folder, OPAQUE))


def nothing_reaches(folder: Path) -> World:
    """The labels have nothing to do with the texts."""
    chance = random.Random(5)
    rows = [
        _text_row(" ".join(chance.sample(FILLER.split(), 8)), list(OPAQUE)[at % 3], f"order-{at}")
        for at in range(90)
    ]
    return World(_written(folder, rows), _task(folder, OPAQUE))


def _made_up(chance: random.Random, count: int) -> list[str]:
    """Different words that mean nothing."""
    parts = ("ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo")
    every = [f"{one}{two}{three}" for one in parts for two in parts for three in parts]
    return chance.sample(every, count)


def _text_row(text: str, label: str, group: str) -> dict[str, str]:
    return {"text": text, "label": label, "group": group}


def _written(folder: Path, rows: Sequence[Mapping[str, str]], *, name: str = "rows.csv") -> Path:
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _task(folder: Path, meanings: Mapping[str, str]) -> Path:
    path = folder / "task.toml"
    labels = "".join(
        f'\n[[labels]]\nname = "{label}"\ndescription = "{meaning}"\n'
        for label, meaning in meanings.items()
    )
    path.write_text(f'name = "planted"\nkind = "text"\n{labels}', encoding="utf-8")
    return path
