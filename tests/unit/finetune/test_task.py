"""Task files: what they declare, and every way in which they can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.task import TaskKind, load_task, shipped_task, shipped_tasks, task_as_dict, task_from
from ingest.errors import NotKnown, SettingsFault

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
        ("name = 'a'", "kind is missing; labels is missing"),
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
        ("name = ", "cannot be read"),
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
