"""The shipped corpus of `error_code` is what the script writes, from training words alone."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path

from simulators.corpus import FIGURES, FILLS, as_csv, main, rows
from simulators.dialects import Dialect, Wordings, load_dialects

SHIPPED = Path(__file__).parents[3] / "finetune" / "tasks" / "error_code.csv"


def shipped() -> list[dict[str, str]]:
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def masked(text: str) -> str:
    return " ".join(re.findall(r"[^\W\d_]+", text.lower()))


def test_the_shipped_corpus_is_what_the_command_writes(tmp_path: Path) -> None:
    """Whoever changes a word writes the corpus anew: python -m simulators corpus --seed 7."""
    out = tmp_path / "error_code.csv"
    assert main(["--seed", "7", "--out", str(out)]) == 0
    assert out.read_bytes() == SHIPPED.read_bytes()


def test_another_seed_writes_another_corpus() -> None:
    """The seed is used."""
    dialects = load_dialects(split="training")
    assert as_csv(rows(dialects, seed=8)) != as_csv(rows(dialects, seed=7))


def test_the_shipped_corpus_has_no_word_of_the_floor() -> None:
    """No floor wording occurs in it, whatever numbers stand in its placeholders."""
    lines = [masked(row["text"]) for row in shipped()]
    for dialect in load_dialects(split="floor"):
        assert all(row["dialect"] != dialect.name for row in shipped())
        for words in dialect.templates.values():
            for text in (*words.events, *words.cleared, *words.notes):
                assert not occurs(text, lines), text


def occurs(template: str, lines: list[str]) -> bool:
    """Whether a line holds the pieces between the placeholders, in their order."""
    pieces = [masked(piece) for piece in re.split(r"\{\w+\}", template)]
    pattern = re.compile(".*".join(re.escape(piece) for piece in pieces if piece))
    return any(pattern.search(line) for line in lines)


def test_every_label_has_enough_texts_and_a_group_has_one_label() -> None:
    """About as many rows for one fault as for another, and few enough to train in a minute."""
    corpus = shipped()
    assert 1000 <= len(corpus) <= 1400
    assert SHIPPED.stat().st_size < 1_000_000
    labels: dict[str, list[dict[str, str]]] = defaultdict(list)
    groups: dict[str, set[str]] = defaultdict(set)
    for row in corpus:
        labels[row["label"]].append(row)
        groups[row["group"]].add(row["label"])
    assert set(labels) == set(FIGURES)
    assert min(len(found) for found in labels.values()) >= 75
    assert all(len(found) == 1 for found in groups.values())
    assert len({row["text"] for row in corpus}) == len(corpus)


def test_a_row_says_where_it_comes_from() -> None:
    """Label, template, dialect and machine kind stand beside a filled text."""
    words = Wordings(events=("oil temperature {value} {unit} above {limit}",))
    made = rows([Dialect("d", "training", {"cooler_fouled": words})], seed=1)
    assert len(made) == FILLS
    assert {(r.label, r.group, r.dialect, r.machine_kind) for r in made} == {
        ("cooler_fouled", "d/cooler_fouled/event-1", "d", "hydraulic-press")
    }
    assert re.fullmatch(r"oil temperature \d\d\.\d (degC|°C|C) above 65", made[0].text)


def test_a_new_template_leaves_the_other_rows_as_they_are() -> None:
    """Each template draws from a seed of its own, so a diff of the corpus is short."""
    before = Wordings(notes=("pump noisy, pressure {value} {unit}", "pump slips"))
    after = Wordings(notes=(*before.notes, "pump leaks inside"))
    old, new = (
        rows([Dialect("d", "training", {"pump_worn": words})], seed=1) for words in (before, after)
    )
    assert new[: len(old)] == old
