"""What is said of a document where: by a caller, in its sidecar, in itself."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pytest

from ingest.errors import DataFault
from rag.document import Block, Document, DocumentKind
from rag.reading import find_sources, merged_sidecar, open_source, read_source
from rag.settings import RagSettings

SETTINGS = RagSettings()
FRONT = (
    "---\nid: A\ntitle: In front\nkind: sop\nrevision: 1\nreaders: engineer\n---\n"
    "# Pump\n\nGrease.\n"
)


def read(path: Path, metadata: dict[str, Any] | None = None) -> tuple[Document, list[Block]]:
    return read_source(open_source(path, SETTINGS, metadata=metadata), SETTINGS)


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_caller_goes_before_the_sidecar_and_that_before_the_file(tmp_path: Path) -> None:
    """Field by field; what a caller leaves empty he does not say."""
    path = written(tmp_path, "a.md", FRONT)
    written(tmp_path, "a.md.yaml", "title: Beside\nrevision: 2\nmachine_kinds: press, mill\n")
    said = {"revision": "3", "effective_from": date(2026, 3, 1), "language": "", "machines": ()}
    document, _ = read(path, said)
    assert (document.id, document.title, document.revision) == ("A", "Beside", "3")
    assert document.machine_kinds == ("press", "mill")
    assert document.effective_from == date(2026, 3, 1)
    assert (document.readers, document.language) == (("engineer",), "en")


def test_a_copy_with_the_merged_sidecar_is_the_same_document(tmp_path: Path) -> None:
    """Also its hash, by which it is known again."""
    path = written(tmp_path, "a.md", FRONT)
    source = open_source(path, SETTINGS, metadata={"revision": "3", "kind": DocumentKind.SAFETY})
    document, _ = read_source(source, SETTINGS)
    kept = tmp_path / "kept" / "A@3.md"
    kept.parent.mkdir()
    shutil.copyfile(path, kept)
    merged = merged_sidecar(source)
    assert merged is not None
    written(kept.parent, "A@3.md.yaml", merged)
    again, _ = read(kept)
    assert (again.key, again.kind) == ("A@3", DocumentKind.SAFETY)
    assert again.source_hash == document.source_hash != open_source(path, SETTINGS).hash
    assert merged_sidecar(open_source(path, SETTINGS)) is None


def test_a_file_that_says_nothing_of_itself_is_taken_with_what_a_caller_says(
    tmp_path: Path,
) -> None:
    """Its first heading is its title, its properties are proposals; the rest is missing."""
    path = written(tmp_path, "a.md", "# Pump\n\nGrease.\n")
    said = {"id": "B", "kind": "manual", "revision": "1"}
    document, blocks = read(path, said)
    assert (document.key, document.title, len(blocks)) == ("B@1", "Pump", 2)
    word = docx.Document()
    word.add_paragraph("Grease.")
    word.core_properties.title = "Cooler"
    word.core_properties.language = "de-AT"
    word.core_properties.version = "../7"
    word.save(str(tmp_path / "b.docx"))
    document, _ = read(tmp_path / "b.docx", said)
    assert (document.title, document.language, document.revision) == ("Cooler", "de", "1")
    with pytest.raises(DataFault, match=r"revision is missing.*b\.docx\.yaml"):
        read(tmp_path / "b.docx", {"id": "B", "kind": "manual"})


def test_a_wrong_field_of_a_caller_is_named(tmp_path: Path) -> None:
    """Before the file is read at all."""
    path = written(tmp_path, "a.pdf", "%PDF-1.7 broken")
    with pytest.raises(
        DataFault, match=r"^a\.pdf: unknown field 'colour'; kind 'novel' is none of"
    ):
        read(path, {"id": "A", "kind": "novel", "colour": "red"})


def test_a_sidecar_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    """The sidecar and not the document."""
    path = written(tmp_path, "a.md", FRONT)
    written(tmp_path, "a.md.yaml", "id: [")
    with pytest.raises(DataFault, match=r"a\.md\.yaml: the metadata is not valid YAML"):
        read(path)
    (tmp_path / "a.md.yaml").write_bytes(b"id: \xff")
    with pytest.raises(DataFault, match=r"a\.md\.yaml: it is not UTF-8"):
        read(path)


def test_short_texts_start_no_process_and_long_ones_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of a thousand of them is read without a thousand interpreters; both read alike."""
    short = written(tmp_path, "a.md", FRONT)
    long = written(tmp_path, "b.md", FRONT + "\nGrease the rail.\n" * 20_000)
    _, blocks = read(long)
    assert [block.text for block in blocks[:2]] == ["Pump", "Grease."]
    assert len(blocks) == 20_002
    monkeypatch.setattr(subprocess, "run", None)
    assert len(read(short)[1]) == 2


def test_words_are_what_a_person_sees(tmp_path: Path) -> None:
    """No marks that turn the line, and no data in base64."""
    path = written(tmp_path, "a.md", FRONT + "\nTurn\u202e it\x07 " + "QUJD" * 500 + "\n")
    _, blocks = read(path)
    assert blocks[-1].text == f"Turn it\ufffd {('QUJD' * 25)}\u2026"


def test_only_documents_are_found(tmp_path: Path) -> None:
    """Neither hidden files nor the locks that Office leaves beside an open one."""
    for name in ("a.md", "b.DOCX", "~$b.docx", ".c.md", "d.png", "a.md.yaml", "e.html"):
        written(tmp_path, name, "x")
    assert [path.name for path in find_sources(tmp_path)] == ["a.md", "b.DOCX", "e.html"]
