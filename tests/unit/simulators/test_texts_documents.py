"""The documents of the demo plant hold what its faults need: codes, procedures, pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from pypdf import PdfReader

from ingest.plant import load_plant
from simulators.faults import FaultKind, load_catalogue
from simulators.library import DOCUMENTS, SOURCES

FAULTS = load_catalogue()
MANUALS = {
    "hydraulic-press": "HP-MAN",
    "cnc-mill": "CNC-MAN",
    "injection-moulding": "IM-MAN",
    "screw-compressor": "SC-MAN",
}
KEYS = {
    "id",
    "title",
    "kind",
    "machine_kinds",
    "revision",
    "effective_from",
    "status",
    "language",
}


@dataclass(frozen=True, slots=True)
class Text:
    """A document as an index will meet it: its metadata, and its words page by page."""

    metadata: Mapping[str, Any]
    pages: tuple[str, ...]

    @property
    def words(self) -> str:
        return "\n".join(self.pages)


def read(path: Path) -> Text:
    if path.suffix == ".pdf":
        sidecar = path.with_name(f"{path.name}.yaml").read_text(encoding="utf-8")
        pages = [page.extract_text() for page in PdfReader(path).pages]
        return Text(yaml.safe_load(sidecar), tuple(pages))
    _, metadata, body = path.read_text(encoding="utf-8").split("---\n", 2)
    return Text(yaml.safe_load(metadata), (body,))


def library() -> dict[str, Text]:
    paths = [*DOCUMENTS.glob("*.md"), *DOCUMENTS.glob("*.pdf")]
    return {path.stem: read(path) for path in paths}


LIBRARY = library()


def code_rows(document: str) -> list[tuple[str, str]]:
    """Code and error class of every row of a manual's code table, read from the document itself."""
    rows = re.findall(
        r"^\|? ?([A-Z]?\d{2,4}) .*? ([a-z]+(?:_[a-z]+)+|-)[ |]", LIBRARY[document].words, re.M
    )
    return [(code, name) for code, name in rows]


def test_a_document_is_named_for_its_id_and_says_what_it_is() -> None:
    """Four manuals and twelve procedures, each with every key and valid now."""
    assert len(LIBRARY) == 16
    for stem, text in LIBRARY.items():
        assert set(text.metadata) == KEYS, stem
        assert text.metadata["id"] == stem
        assert text.metadata["status"] == "current"
        assert text.metadata["kind"] == ("manual" if stem.endswith("MAN") else "sop")
        assert set(text.metadata["machine_kinds"]) <= set(MANUALS)


def test_a_source_of_a_pdf_is_not_a_document_of_its_own() -> None:
    """The folder itself holds either the PDF or the Markdown, never both."""
    assert {path.stem for path in SOURCES.glob("*.md")} == {
        path.stem for path in DOCUMENTS.glob("*.pdf")
    }
    assert not {path.stem for path in DOCUMENTS.glob("*.md")} & {
        path.stem for path in DOCUMENTS.glob("*.pdf")
    }


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.kind)
def test_the_procedure_of_a_fault_begins_on_its_page(fault: FaultKind) -> None:
    """The page that the truth of a run names holds the warnings, then step 1 and those after it."""
    text = LIBRARY[fault.document]
    assert fault.machine_kind in text.metadata["machine_kinds"]
    page = text.pages[fault.page - 1]
    head, body = re.split(r"^(?:## )?Procedure$", page, maxsplit=1, flags=re.M)
    assert re.search(r"(WARNING|DANGER):", head)
    body = re.split(r"^## |^Return to service$", body, maxsplit=1, flags=re.M)[0]
    steps = [int(number) for number in re.findall(r"^(\d+)\. \S", body, re.M)]
    assert steps == list(range(1, len(steps) + 1))
    assert len(steps) >= 8
    assert fault.kind in text.words


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.kind)
def test_a_procedure_locks_out_and_says_when_the_work_is_good(fault: FaultKind) -> None:
    """Every procedure has its sections in order, and an acceptance with numbers."""
    words = LIBRARY[fault.document].words
    names = ("Purpose", "Symptoms", "Warnings", "Procedure", "Return to service", "Records")
    places = [re.search(rf"^(?:## )?{name}$", words, re.M) for name in names]
    starts = [place.start() for place in places if place is not None]
    assert len(starts) == len(names)
    assert starts == sorted(starts)
    assert re.search(r"lock(ed)? (it )?out|key with you", words, re.I)
    assert re.search(r"[Aa]ccepted when .*\d", words)


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.code], ids=lambda fault: fault.code)
def test_a_documented_code_stands_in_the_manual_with_its_class(fault: FaultKind) -> None:
    """The look-up of a known code gives the right class, in the manual of that machine alone."""
    for kind, manual in MANUALS.items():
        found = [name for code, name in code_rows(manual) if code == fault.code]
        assert found == ([fault.kind] if kind == fault.machine_kind else [])


@pytest.mark.parametrize(("kind", "manual"), MANUALS.items())
def test_a_manual_lists_other_codes_too(kind: str, manual: str) -> None:
    """A table with a single code would make every look-up right."""
    rows = code_rows(manual)
    classes = {fault.kind for fault in FAULTS if fault.machine_kind == kind}
    assert len(rows) >= 8
    assert len({code for code, _ in rows}) == len(rows)
    assert {name for _, name in rows} == classes | {"-"}


def test_undocumented_codes_stay_undocumented() -> None:
    """A vendor's X-code is to be classified by its words, so no document may explain it."""
    for stem, text in LIBRARY.items():
        assert re.search(r"\bX[A-Z]?-?\d{2,}", text.words) is None, stem


def test_the_limits_in_a_manual_are_those_of_the_plant() -> None:
    """What the page shows as a limit and what the manual says cannot drift apart."""
    plant = load_plant(DOCUMENTS.parents[1] / "plant.toml")
    for machine in plant.machines:
        figures = LIBRARY[MANUALS[machine.kind]].words.replace(",", "")
        for signal in machine.signals.values():
            for limit, word in ((signal.low, "below"), (signal.high, "above")):
                if limit is not None:
                    assert re.search(rf"{word} {limit:g}\b|{word} {limit}\b", figures), signal.id
