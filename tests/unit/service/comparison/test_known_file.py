"""What arms learnt from comes back from its file as it was, or not at all."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from finetune.task import Derived, Label, Operation, Task, TaskKind
from ingest.errors import SettingsFault
from service.comparison.known_file import KNOWN, read_known, write_known
from service.comparison.nouns import CodeRow, Item, Known
from service.sealed_file import write_sealed

TASK = Task(
    "obd",
    TaskKind.TEXT,
    (Label("pump \u00fc", "it <b>whines</b>", ("press",)), Label("valve")),
    derived=(Derived("power", ("torque", "speed"), Operation.PRODUCT),),
    targets={"macro_f1": 0.8},
)
KNOWN_ROWS = Known(
    TASK,
    (
        Item("pump \u2603 whines", {"torque": 0.1 + 0.2}, "pump \u00fc", "7"),
        Item("x", label="valve"),
    ),
    (CodeRow("P0001", "fuel volume regulator", "valve", "manual.pdf"),),
    seed=3,
)


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    """Every digit of a number, every letter of a text, and the task with all that it declares."""
    write_known(tmp_path, KNOWN_ROWS)
    assert read_known(tmp_path) == KNOWN_ROWS


def test_a_number_that_json_cannot_say_is_missing(tmp_path: Path) -> None:
    """As arms take it: what is not there is not in the mapping."""
    write_known(tmp_path, Known(TASK, (Item("x", {"a": math.nan, "b": 1.0}),)))
    assert read_known(tmp_path).examples[0].numbers == {"b": 1.0}


def test_half_a_letter_becomes_a_question_mark(tmp_path: Path) -> None:
    """What no UTF-8 can say must not stop a comparison from being kept."""
    write_known(tmp_path, Known(TASK, (Item("a\ud800"),), (CodeRow("c\udfff", "m"),)))
    read = read_known(tmp_path)
    assert (read.examples[0].text, read.codes[0].code) == ("a?", "c?")


def test_a_flipped_byte_is_noticed(tmp_path: Path) -> None:
    """An example must not change its label on a bad disk."""
    write_known(tmp_path, KNOWN_ROWS)
    content = (tmp_path / KNOWN).read_bytes()
    (tmp_path / KNOWN).write_bytes(content.replace(b'"valve"', b'"value"', 1))
    with pytest.raises(SettingsFault, match="was changed"):
        read_known(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]\n", b"\xff\xfe", b"null\n{}", b"[" * 900 + b"\n", b"{}\n{}", b'{"kind": 7}\n'],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """Whatever stands there, one clear fault that names it."""
    (tmp_path / KNOWN).write_bytes(content)
    with pytest.raises(SettingsFault, match=r"known\.jsonl"):
        read_known(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"task": {}},
        {"examples": [{"text": 5}]},
        {"examples": [{"numbers": {"a": "1"}}]},
        {"codes": 7},
        {"seed": "x"},
    ],
)
def test_a_sealed_file_of_another_form_is_refused(
    tmp_path: Path, change: dict[str, object]
) -> None:
    """A right checksum proves that nothing changed, not that we wrote it."""
    write_known(tmp_path, KNOWN_ROWS)
    header, body = (tmp_path / KNOWN).read_bytes().split(b"\n", 1)
    forged = json.dumps({**json.loads(body), **change}).encode()
    write_sealed(tmp_path / KNOWN, forged, kind=json.loads(header)["kind"])
    with pytest.raises(SettingsFault, match="not of a form"):
        read_known(tmp_path)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """Nor is anything else that is no plain file."""
    write_known(tmp_path, KNOWN_ROWS)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / KNOWN).symlink_to(tmp_path / KNOWN)
    with pytest.raises(SettingsFault, match="cannot be read"):
        read_known(elsewhere)
