"""Dialect files are checked when read, and spelling noise stays mild."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from ingest.errors import SettingsFault
from simulators.dialects import fill, load_dialects, perturb

TEXT = "E217: hydraulic oil temperature 68.4 degC above limit 65.0 on press-3, OPERATOR informed"


def written(folder: Path, name: str, content: str) -> None:
    (folder / f"{name}.toml").write_text(content)


def dialect(split: str, template: str = "oil {value}") -> str:
    return f'name = "d"\nsplit = "{split}"\n[templates.cooler_fouled]\nevents = ["{template}"]\n'


def test_only_the_split_asked_for_is_loaded(tmp_path: Path) -> None:
    """A floor run can never pick up a training dialect."""
    written(tmp_path, "a", dialect("training"))
    written(tmp_path, "b", dialect("floor"))
    assert [d.split for d in load_dialects(tmp_path, split="floor")] == ["floor"]
    assert [d.split for d in load_dialects(tmp_path)] == ["training", "floor"]


@pytest.mark.parametrize("content", [dialect("test"), dialect("floor", "oil {valeu}")])
def test_a_dialect_with_a_slip_is_refused_by_name(tmp_path: Path, content: str) -> None:
    """An unknown split or placeholder names the file at once, not in the middle of a run."""
    written(tmp_path, "slip", content)
    with pytest.raises(SettingsFault, match=r"slip\.toml"):
        load_dialects(tmp_path)


def test_a_template_is_filled() -> None:
    """Placeholders are replaced by the values of the moment."""
    assert fill("{signal} at {value} {unit}", {"signal": "oil", "value": "66", "unit": "C"}) == (
        "oil at 66 C"
    )


def test_noise_leaves_codes_numbers_and_names_alone() -> None:
    """Whatever the seed, what identifies the fault stays letter by letter."""
    for seed in range(500):
        noisy = perturb(TEXT, random.Random(seed))
        assert re.findall(r"E217|68\.4|65\.0|press-3|OPERATOR", noisy) == (
            ["E217", "68.4", "65.0", "press-3", "OPERATOR"]
        )


def test_noise_changes_at_most_two_words() -> None:
    """A text stays readable: one short form and one typo at the most."""
    changed = set()
    for seed in range(500):
        noisy = perturb(TEXT, random.Random(seed))
        pairs = zip(TEXT.split(), noisy.split(), strict=True)
        changed.add(sum(before != after for before, after in pairs))
    assert changed == {0, 1, 2}


def test_noise_follows_its_seed() -> None:
    """The same seed gives the same slip."""
    assert perturb(TEXT, random.Random(4)) == perturb(TEXT, random.Random(4))
