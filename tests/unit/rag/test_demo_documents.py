"""The demo plant's own manuals and SOPs: every fault leads to its procedure and its page."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finetune.encoder import load_encoder
from ingest.errors import SettingsFault
from rag.encoding import TextEncoder, Vectors
from rag.library import Library
from tests.conftest import ROOT, missing

DOCUMENTS = ROOT / "simulators" / "documents"
FAULTS = tomllib.loads((ROOT / "simulators" / "faults.toml").read_text())["faults"]
LABELS = tomllib.loads((ROOT / "finetune" / "tasks" / "error_code.toml").read_text())["labels"]
DESCRIPTIONS = {label["name"]: label["description"] for label in LABELS}
Fault = Mapping[str, Any]
each_documented = pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if "code" in fault], ids=lambda fault: fault["kind"]
)
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault["kind"])


class _Remembering:
    """The real encoder, asked once for each text: the same documents are indexed many times."""

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder = encoder
        self._known: dict[str, Vectors] = {}
        self.name, self.dimension = encoder.name, encoder.dimension

    def encode(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, self._encoder.encode(new), strict=True))
        return np.stack([self._known[text] for text in texts])


@pytest.fixture(scope="module")
def real_encoder() -> TextEncoder:
    try:
        return _Remembering(load_encoder(None, threads=1))
    except SettingsFault as fault:
        missing("the encoder", str(fault))
        raise


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, real_encoder: TextEncoder) -> Iterator[Library]:
    """All documents of the demo plant, sibling manuals among them."""
    with Library(tmp_path_factory.mktemp("demo"), real_encoder) as library:
        report = library.sync(DOCUMENTS)
        assert report.failed == ()
        assert len(report.added) >= 16
        yield library


@pytest.fixture(scope="module")
def unreferenced(
    tmp_path_factory: pytest.TempPathFactory, real_encoder: TextEncoder
) -> Iterator[Library]:
    """The same without manuals, and Markdown SOPs that do not name their error class."""
    folder = tmp_path_factory.mktemp("unreferenced")
    shutil.copytree(DOCUMENTS, folder / "documents")
    for path in (folder / "documents").glob("*-MAN*"):
        path.unlink()
    for path in (folder / "documents").glob("SOP-*.md"):
        path.write_text(re.sub(r"`\w+_\w+`", "this kind", path.read_text()))
    with Library(folder / "home", real_encoder) as library:
        library.sync(folder / "documents")
        yield library


@each_fault
def test_a_diagnosed_fault_has_its_procedure(demo: Library, fault: Fault) -> None:
    """Document and page where the steps begin, with code and without."""
    for codes in ([], [fault.get("code", "X-7731")]):
        answer = demo.procedure(
            fault["kind"],
            DESCRIPTIONS[fault["kind"]],
            machine_kind=fault["machine_kind"],
            codes=codes,
        )
        cited = answer.citations[0]
        assert {"document": cited.document, "page": cited.page} == fault["procedure"]
        assert cited.quote.startswith("1. ")
        assert answer.text.index("Warnings:") < answer.text.index(cited.quote)


@each_fault
def test_words_alone_find_the_procedure(unreferenced: Library, fault: Fault) -> None:
    """Where no table refers to it and no SOP names the class."""
    kind, machine_kind = fault["kind"], fault["machine_kind"]
    answer = unreferenced.procedure(kind, DESCRIPTIONS[kind], machine_kind=machine_kind)
    assert [c.document for c in answer.citations[:1]] == [fault["procedure"]["document"]]


@each_documented
def test_a_documented_code_is_looked_up(demo: Library, fault: Fault) -> None:
    """With the class that the task knows; never in the manual of another kind."""
    entry = demo.look_up(fault["code"].lower(), fault["machine_kind"])
    assert entry is not None
    assert entry.error_class == fault["kind"]
    other = next(f["machine_kind"] for f in FAULTS if f["machine_kind"] != fault["machine_kind"])
    assert demo.look_up(fault["code"], other) is None


def test_an_undocumented_code_is_not_looked_up(demo: Library) -> None:
    """It is classified instead."""
    assert demo.look_up("X-7731", "hydraulic-press") is None


@each_fault
def test_a_hidden_procedure_is_missed_and_not_replaced(
    fault: Fault, tmp_path: Path, real_encoder: TextEncoder
) -> None:
    """The fault's own SOP is taken away: nothing else is quoted as its procedure."""
    folder = tmp_path / "documents"
    prefix = fault["procedure"]["document"].rsplit("-", 1)[0].removeprefix("SOP-")
    folder.mkdir()
    for path in DOCUMENTS.glob(f"*{prefix}-*"):
        if not path.name.startswith(fault["procedure"]["document"]):
            shutil.copy(path, folder)
    with Library(tmp_path / "home", real_encoder) as library:
        library.sync(folder)
        kind = fault["kind"]
        answer = library.procedure(kind, DESCRIPTIONS[kind], machine_kind=fault["machine_kind"])
    assert answer.declined
    assert fault["procedure"]["document"] in answer.reason


@pytest.mark.parametrize(
    ("question", "kind", "document"),
    [
        ("E217 on press 3, what do I do?", "hydraulic-press", "SOP-HP-01"),
        ("The oil gets too hot", "hydraulic-press", "SOP-HP-01"),
        ("alarm 4012", "injection-moulding", "SOP-IM-01"),
        ("4012", "injection-moulding", "SOP-IM-01"),
        ("spindle vibrates and the surface is rough", "cnc-mill", "SOP-CNC-02"),
        ("compressor hisses and the pressure dips", "screw-compressor", "SOP-SC-03"),
    ],
)
def test_questions_of_an_operator(demo: Library, question: str, kind: str, document: str) -> None:
    """In their words."""
    answer = demo.ask(question, machine_kind=kind)
    assert not answer.declined, answer.reason
    assert answer.citations[0].document == document


@pytest.mark.parametrize(
    "question",
    [
        "How do I change the TV channel?",
        "Who won the football match yesterday?",
        "What is the capital of France?",
        "machine throws E999",
    ],
)
def test_foreign_questions_are_declined(demo: Library, question: str) -> None:
    """However confident a nearest neighbour may look."""
    assert demo.ask(question, machine_kind="hydraulic-press").declined


def test_quotes_stand_on_the_cited_page(demo: Library) -> None:
    """Checked against the PDF itself, page by page."""
    from pypdf import PdfReader

    for name in ("SOP-HP-01", "SOP-IM-01", "SOP-SC-02"):
        pages = [
            " ".join(page.extract_text().split())
            for page in PdfReader(DOCUMENTS / f"{name}.pdf").pages
        ]
        answer = demo.ask(f"show {name}")
        for citation in answer.citations:
            for line in citation.quote.splitlines():
                assert line in pages[citation.page - 1]
