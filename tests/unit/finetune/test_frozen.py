"""The frozen test: it grows, it never changes, and it is read as a stranger's file."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from finetune.frozen import (
    MOST_ROWS,
    FrozenRow,
    FrozenTest,
    Seal,
    judgements,
    read_frozen,
    write_frozen,
)
from finetune.judged import JUDGED, judged_as_dict, read_judged
from finetune.models import ModelStore
from finetune.untrusted_json import read_json
from ingest.errors import SettingsFault
from tests.small_models import TASK, add_version, frozen_of, judged
from tests.unit.finetune.conftest import rewrite_json


def row(name: str, label: str = "good", **more: float) -> FrozenRow:
    """A row of that fingerprint."""
    return FrozenRow(name, f"group {name}", label, f"text {name}", more, "2026-11-23")


def test_rows_are_added_and_none_is_changed() -> None:
    """A known input keeps its label, whoever says otherwise."""
    first = FrozenTest([row("a"), row("b", "bad")])
    again = [row("b", "good"), row("c"), row("c", "bad")]
    grown = first.extended(again)
    assert [(one.fingerprint, one.label) for one in grown.rows] == [
        ("a", "good"),
        ("b", "bad"),
        ("c", "good"),
    ]
    assert sorted(grown.fingerprints) == ["a", "b", "c"]
    assert grown.groups >= first.groups


def test_a_frozen_test_has_an_end_and_keeps_rare_labels() -> None:
    """Of very many rows the common label gives way."""
    many = [row(str(at)) for at in range(MOST_ROWS + 5)]
    grown = FrozenTest().extended([*many, row("x", "rare"), row("y", "rare")])
    assert len(grown) == MOST_ROWS
    assert {"x", "y"} <= grown.fingerprints
    assert len(grown.extended([row("z", "new")])) == MOST_ROWS


def test_a_seal_holds_for_what_grew_and_for_nothing_that_changed() -> None:
    """Rows taken away, put in between, or with another label are noticed."""
    first = FrozenTest([row("a"), row("b")])
    seal = first.seal()
    assert first.extended([row("c")]).holds(seal)
    for rows in ([row("a")], [row("b"), row("a")], [row("a"), row("b", "bad")], [row("a", x=1.0)]):
        assert not FrozenTest(rows).holds(seal)
    assert FrozenTest().holds(FrozenTest().seal())


def test_a_file_gives_back_the_same_rows(tmp_path: Path) -> None:
    """Numbers to the last bit, missing ones, any script, line separators inside a text."""
    odd = FrozenRow("a", "g", "l", "Öl\u2028heiß \x85", {"x": 0.1 + 0.2, "y": math.nan}, "now")
    frozen = FrozenTest([odd, row("b")])
    write_frozen(tmp_path / "f.jsonl", frozen)
    read = read_frozen(tmp_path / "f.jsonl")
    assert read.seal() == frozen.seal()
    assert read.rows[0].text == odd.text
    table = read.examples(["y", "x", "z"]).table
    assert table[0, 1] == 0.1 + 0.2
    assert np.isnan(table[0, [0, 2]]).all()
    assert read.examples().texts == (odd.text, "text b")
    assert len(read_frozen(tmp_path / "none.jsonl")) == 0
    assert list(tmp_path.iterdir()) == [tmp_path / "f.jsonl"]


@pytest.mark.parametrize(
    "line",
    [
        *("", "{", "[]", "7", "{}", '{"fingerprint": 1, "group": "", "label": "", "added": ""}'),
        '{"fingerprint": "", "group": "", "label": "", "added": "", "features": {"x": NaN}}',
        '{"fingerprint": "", "group": "", "label": "", "added": "", "features": {"x": "y"}}',
        '{"fingerprint": "", "group": "", "label": "", "added": "", "features": [1]}',
        "[" * 100_000,
        "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    ],
)
def test_a_line_that_is_no_row_is_refused(tmp_path: Path, line: str) -> None:
    """Nesting bombs among them; the file is named."""
    path = tmp_path / "f.jsonl"
    path.write_text(f"{line}\n")
    with pytest.raises(SettingsFault, match=r"f\.jsonl"):
        read_frozen(path)


def test_bytes_and_links_are_refused(tmp_path: Path) -> None:
    """What is no text, and what leads elsewhere."""
    path = tmp_path / "f.jsonl"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsFault, match="cannot be read"):
        read_frozen(path)
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(SettingsFault, match="is a link"):
        read_frozen(tmp_path / "link")


def test_what_a_version_said_is_kept(tmp_path: Path) -> None:
    """Row by row, with its probabilities."""
    rows = judged(wrong={4})
    (tmp_path / JUDGED).write_text(_json(judged_as_dict(rows)))
    read = read_judged(tmp_path)
    assert [one.fingerprint for one in read] == [one.fingerprint for one in rows]
    assert [one.predicted == one.label for one in read].count(False) == 1
    assert read[0].confidence == pytest.approx(0.9)
    found = judgements(frozen_of(rows[:1]), np.array([[0.2, 0.8]]), ("a", "b"))
    assert (found[0].predicted, found[0].label) == ("b", "good")


@pytest.mark.parametrize(
    "change",
    [
        {"format": 9},
        {"rows": [["a", "b", [0.5, 0.25, float("inf")]]]},
        {"rows": [["a", "b", [0.5, 0.25, 1.25]]]},
        {"rows": [["a", "b", [0.5]]]},
        {"rows": [["a", 1, [0.5, 0.25, 0.25]]]},
        {"rows": 7},
        {"labels": None},
    ],
)
def test_a_strange_judgement_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    """It decides what comes into use."""
    (tmp_path / JUDGED).write_text(_json({**judged_as_dict(judged()), **change}))
    with pytest.raises(SettingsFault, match=r"judged\.json"):
        read_judged(tmp_path)


def test_the_frozen_test_binds_once_a_version_is_in_use(tmp_path: Path) -> None:
    """A first training on bad labels, never promoted, freezes nothing for good."""
    store = ModelStore(tmp_path)
    add_version(store, said=judged(rows=30))
    assert len(store.frozen("mine")) == 0
    store.promote("mine", "v0001")
    assert len(store.frozen("mine")) == 30
    add_version(store, said=judged(rows=33))
    assert len(store.frozen("mine")) == 33


def test_rows_of_a_training_that_was_killed_bind_nobody(tmp_path: Path) -> None:
    """Only rows that some version was judged on are frozen."""
    store = ModelStore(tmp_path)
    store.promote("mine", add_version(store))
    path = tmp_path / "mine" / "frozen-test.jsonl"
    write_frozen(path, read_frozen(path).extended([row("later")]))
    assert len(store.frozen("mine")) == 30


def test_a_frozen_test_that_was_changed_is_refused(tmp_path: Path) -> None:
    """With what to do; without the file the next version stands alone and needs force."""
    store = ModelStore(tmp_path)
    store.promote(TASK.name, add_version(store))
    path = tmp_path / "mine" / "frozen-test.jsonl"
    path.write_text(path.read_text().replace('"label": "good"', '"label": "short"', 1))
    with pytest.raises(SettingsFault, match="is not the one that version v0001 was judged on"):
        store.frozen("mine")
    path.unlink()
    assert len(store.frozen("mine")) == 0


def test_json_of_strangers_is_bounded(tmp_path: Path) -> None:
    """By size, by depth, and without what is no number."""
    path = tmp_path / "a.json"
    path.write_text('{"a": [1, 2.5, null]}')
    assert read_json(path) == {"a": [1, 2.5, None]}
    with pytest.raises(SettingsFault, match="larger than the 5 bytes"):
        read_json(path, most=5)
    rewrite_json(path, lambda read: read.update(a="\ud800"))
    read_json(path)
    for content in (b"[" * 200_000, b'{"a": NaN}', b"\xff", b"1" * 5000, b""):
        path.write_bytes(content)
        with pytest.raises(SettingsFault, match=r"a\.json is not JSON"):
            read_json(path)
    with pytest.raises(SettingsFault, match="cannot be read"):
        read_json(tmp_path / "none.json")


def test_a_seal_says_what_it_seals() -> None:
    """The number of rows and their hash."""
    assert FrozenTest([row("a")]).seal(0) == Seal(0, FrozenTest().seal().sha256)


def _json(content: object) -> str:
    import json

    return json.dumps(content)
