"""Collections to search: as they were published, and all together with sibling machines."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rag.evaluation.collection import Collection, Question, machine_of, read_collection
from rag.evaluation.questions import everyday_questions

DATA = Path(os.environ.get("ANDON_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
TUNED_ON = ("washing machine", "printer", "coffee machine", "camera")
"""Devices whose questions were seen when the support was made; none of them is reported."""
SIBLING = "-b"
"""Ends the name of a machine whose manual is the same, word for word."""
EVERY = 4
"""One question in so many is put to the mix."""


def published(name: str) -> Collection | None:
    """A collection in BEIR layout; None where the data is not at hand."""
    folder = DATA / "retrieval" / name
    return read_collection(folder) if folder.is_dir() else None


def mixed(manual: Collection, codes: Collection) -> Collection:
    """Both, each machine with a sibling of the same manual; every question names its machine.

    A sibling's manual is the worst case there is: nothing but the machine tells it apart.
    """
    ours = [_of_machine(line, "tv") for line in manual.documents] + list(codes.documents)
    siblings = [
        {**_of_machine(line, f"{machine_of(line)}{SIBLING}"), "_id": f"{line['_id']}{SIBLING}"}
        for line in ours
    ]
    asked = [replace(question, machine="tv") for question in manual.questions]
    return Collection([*ours, *siblings], [*asked[::EVERY], *codes.questions[::EVERY]])


def other_devices() -> list[Question]:
    """Questions about devices that no collection here is about."""
    return [
        Question(asked.question, None, {})
        for asked in everyday_questions()
        if asked.id.rpartition(" ")[0] not in TUNED_ON
    ]


def unanswered(questions: Sequence[Question]) -> list[Question]:
    """Questions of one collection, for another that is about other devices."""
    return [replace(question, machine=None, relevant={}) for question in questions]


def _of_machine(line: Mapping[str, Any], machine: str) -> dict[str, Any]:
    return {**line, "metadata": {**(line.get("metadata") or {}), "machine": machine}}
