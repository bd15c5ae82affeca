"""Our own manuals once more for sibling machines of the same kind, with other values in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.mentions import MachineName
from tests.conftest import ROOT

DOCUMENTS = ROOT / "simulators" / "documents"
NUMBERS = (11, 12)
"""Of the siblings; the machine of the plant has another one."""
_ORIGINALS = {
    "hydraulic-press": "press-3",
    "cnc-mill": "mill-1",
    "injection-moulding": "mould-2",
    "screw-compressor": "comp-1",
}
_FRONT = re.compile(r"\A(---\n.*?\n---\n)(.*)\Z", re.DOTALL)
_ID = re.compile(r"\b(?:SOP-[A-Z]+-\d\d|[A-Z]+-MAN)\b")
_VALUE = re.compile(r"(?<![\w.,:-])(\d+)(?=(?:\.\d+)? (?:bar|degC|Nm|mm|um|kN|l|min|h|A|V)\b)")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about one machine of several that have the same manual."""

    question: str
    machine: str
    kind: str


def machines() -> list[MachineName]:
    """The machines of the plant and their siblings."""
    return [
        MachineName(name, kind, "line-1")
        for kind, original in _ORIGINALS.items()
        for name in (original, *(sibling(original, number) for number in NUMBERS))
    ]


def sibling(machine: str, number: int) -> str:
    """`press-11` of `press-3`."""
    return f"{machine.rpartition('-')[0]}-{number}"


def write_siblings(target: Path) -> int:
    """Every manual and SOP for each machine by itself; how many files that are."""
    target.mkdir(parents=True)
    written = 0
    for text in _sources():
        kind = next(kind for kind in _ORIGINALS if f"[{kind}]" in text)
        machine = _ORIGINALS[kind]
        for number, name in enumerate((machine, *(sibling(machine, n) for n in NUMBERS))):
            (target / f"{written}.md").write_text(_copy(text, name, number), encoding="utf-8")
            written += 1
    return written


def questions() -> Iterator[Asked]:
    """Those of ours that name their machine to the library, for each machine of its kind."""
    for line in (DOCUMENTS / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        asked = json.loads(line)
        kind, machine = asked.get("machine_kind"), asked.get("machine")
        if asked.get("declined") or kind not in _ORIGINALS or machine != _ORIGINALS[kind]:
            continue
        for name in (machine, *(sibling(machine, number) for number in NUMBERS)):
            yield Asked(asked["question"], name, kind)


def _sources() -> Iterator[str]:
    for path in sorted([*DOCUMENTS.glob("*.md"), *(DOCUMENTS / "sources").glob("*.md")]):
        text = path.read_text(encoding="utf-8")
        front = DOCUMENTS / f"{path.stem}.pdf.yaml"
        if front.is_file():
            text = f"---\n{front.read_text(encoding='utf-8').strip()}\n---\n{_body(text)}"
        if _FRONT.match(text):
            yield text


def _body(text: str) -> str:
    match = _FRONT.match(text)
    return match[2] if match else text


def own(document: str, machine: str) -> str:
    """The id of a machine's own copy of a document."""
    return f"{document}-{machine.replace('-', '').upper()}"


def _copy(text: str, machine: str, number: int) -> str:
    match = _FRONT.match(_ID.sub(lambda name: own(name[0], machine), text))
    assert match is not None
    front = match[1].replace("machine_kinds:", f"machines: [{machine}]\nmachine_kinds:")
    return front + _VALUE.sub(lambda value: str(int(value[1]) + 100 * number), match[2])
