"""Task files: what they declare, and every way in which they can be wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetune.task import (
    Derived,
    Operation,
    Task,
    TaskKind,
    load_task,
    shipped_task,
    shipped_tasks,
    task_as_dict,
    task_from,
)
from ingest.errors import NotKnown, SettingsFault

WINDOW = "name = 'a'\nkind = 'window'\n"
DERIVED = "labels = []\n[[derived]]\nname = 'p'\n"
KINDS = ("hydraulic-press", "cnc-mill", "injection-moulding", "screw-compressor")


def test_the_shipped_tasks_load() -> None:
    """Both come with data, and every label has a description."""
    assert shipped_tasks() == ("defect_type", "error_code")
    for name in shipped_tasks():
        task = shipped_task(name)
        assert task.name == name
        assert task.data is not None
        assert task.data.is_file()
        assert all(label.description and label.machine_kinds for label in task.labels)


@pytest.mark.parametrize("kind", KINDS)
def test_a_machine_kind_has_its_three_faults_and_none(kind: str) -> None:
    """The classifier decides between four labels for one machine."""
    labels = shipped_task("error_code").labels_for(kind)
    assert len(labels) == 4
    assert labels[-1] == "no_fault"


def test_every_machine_kind_can_make_good_parts() -> None:
    """A compressor makes no parts, so none of them can be bad."""
    task = shipped_task("defect_type")
    assert all("good" in task.labels_for(kind) for kind in KINDS)
    assert task.labels_for("screw-compressor") == ("good",)
    assert task.kind is TaskKind.TABULAR


def test_a_task_survives_the_manifest() -> None:
    """What a model stores gives the same task again."""
    for name in shipped_tasks():
        assert task_from(task_as_dict(shipped_task(name))) == shipped_task(name)


def test_an_unknown_task_or_label_is_named() -> None:
    """With what there is instead."""
    with pytest.raises(NotKnown, match="defect_type, error_code"):
        shipped_task("../secrets")
    with pytest.raises(NotKnown, match="no label hiccups"):
        shipped_task("error_code").label("hiccups")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = 'a'", "kind is missing; line 1: labels is missing"),
        ("name = 'a'\nkind = 'image'\nlabels = []", "kind must be one of text, tabular"),
        ("name = 'a'\nkind = 'text'\nlabel = []\nlabels = []", "unknown key label"),
        ("name = 'a'\nkind = 'text'\n[[labels]]\nnme = 'x'", "needs a name"),
        (
            "name = 'a'\nkind = 'text'\n[[labels]]\nname = 'x'\n[[labels]]\nname = 'X'",
            "label x stands there twice",
        ),
        ("name = 'a'\nkind = 'text'\nquiet = 'q'\n[[labels]]\nname = 'x'", "which is no label"),
        ("name = 'a'\nkind = 'text'\n[[labels]]\nname = 'x'\nmachine_kinds = 'p'", "of x must be"),
        ("name = 3\nkind = 'text'\nlabels = []", "name must be text"),
        ("name = ", "line 1: Invalid value"),
        ("name = 'a'\nkind = \nlabel = 1\n", "line 2: .*line 3: unknown key label"),
        ("name = 'a'\nkind = 'text'\ntext = 'label'\nlabels = []", "line 3: column label is both"),
        (
            WINDOW + "start = 'machine'\nlabels = []",
            "line 3: column machine is both machine and start",
        ),
        (WINDOW + "missing_allowed = 'no'\nlabels = []", "must be true or false"),
        (WINDOW + "trusted = 'id'\nlabels = []", "line 3: trusted must be a list"),
        (WINDOW + "[labels]\na = 1", "written as \\[\\[labels\\]\\]"),
        (WINDOW + "[[labels]]\nname = 'x '", "label 'x ' must be one line"),
        (
            WINDOW + "[[labels]]\nname = 'x'\nkinds = 1\ndescription = 2",
            "unknown key kinds of label x",
        ),
        (
            WINDOW + "[[labels]]\nname = 'x'\ndescription = 2",
            "line 5: description of x must be text",
        ),
        (WINDOW + "labels = []\n[targets]\nf1 = 0.9", "line 5: target f1 must be one of accuracy"),
        (WINDOW + "labels = []\n[targets]\nece = 4", "target ece must be a share"),
        (WINDOW + "labels = []\ntargets = 1", "written as \\[targets\\]"),
        (
            WINDOW + "labels = []\n[[derived]]\nof = ['a', 'b']\nop = 'sum'",
            "derived.* needs a name",
        ),
        (WINDOW + DERIVED + "of = ['a']\nop = 'sum'", "of in derived feature p must name two"),
        (
            WINDOW + DERIVED + "of = ['a', 'b']\nop = 'exec'",
            "line 7: op of p must be one of product",
        ),
        (WINDOW + DERIVED + "of = ['a', 'b']\nop = 'sum'\nx = 1", "unknown key x of derived"),
        (WINDOW + "labels = []\nderived = 1", "written as \\[\\[derived\\]\\]"),
    ],
)
def test_a_wrong_task_file_says_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    """Everything at once, with the file's name."""
    path = tmp_path / "task.toml"
    path.write_text(text)
    with pytest.raises(SettingsFault, match=words) as fault:
        load_task(path)
    assert str(path) in str(fault.value)


def test_an_absent_task_file_is_one_clear_fault(tmp_path: Path) -> None:
    """Not a traceback."""
    with pytest.raises(SettingsFault, match="cannot be read"):
        load_task(tmp_path / "none.toml")


def test_a_full_task_file_says_all_that_a_task_can_be(tmp_path: Path) -> None:
    """Targets, derived features, columns of a window; and the manifest keeps them."""
    path = tmp_path / "task.toml"
    path.write_text(
        WINDOW + "labels = []\ntrusted = ['a']\nmachine = 'asset'\n"
        "ignored = ['b*']\n[targets]\nmacro_f1 = 0.9\nece = 0\n"
        "[[derived]]\nname = 'power'\nof = ['torque', 'speed']\nop = 'product'\n"
    )
    task = load_task(path)
    assert task.targets == {"macro_f1": 0.9, "ece": 0.0}
    assert task.derived == (Derived("power", ("torque", "speed"), Operation.PRODUCT),)
    assert (task.machine, task.start, task.end) == ("asset", "start", "end")
    assert task.takes("a.mean")
    assert not task.takes("b.mean")
    assert task.reads_numbers
    assert task.may_miss
    assert not task.reads_texts
    assert task_from(json.loads(json.dumps(task_as_dict(task)))) == task


def test_a_text_task_reads_numbers_only_where_it_says_so() -> None:
    """As it was before there was anything to say."""
    assert not Task("a", TaskKind.TEXT).reads_numbers
    assert Task("a", TaskKind.TEXT, features="temp_*").reads_numbers
    assert Task("a", TaskKind.TABULAR).reads_numbers
