"""Metadata is checked field by field and every problem is named."""

from __future__ import annotations

from datetime import date

import pytest

from ingest.errors import DataFault
from rag.document import Document, DocumentKind, DocumentStatus
from rag.metadata import Origin, document_of, load_fields, split_front_matter

GOOD = "id: A-1\ntitle: T\nkind: sop\nrevision: 2.0\n"


def parse(text: str) -> Document:
    return document_of(load_fields(text, "a.md"), Origin("a.md", "00"), {})


def test_all_fields_are_read() -> None:
    """With the types that the nouns have."""
    document = parse(
        "id: SOP-1\ntitle: Clean it\nkind: sop\nmachine_kinds: [press, mill]\nmachines: press-3\n"
        "revision: C\neffective_from: 2026-03-02\neffective_until: '2027-01-01'\n"
        "status: withdrawn\nlanguage: de\n"
    )
    assert document.kind is DocumentKind.SOP
    assert document.machine_kinds == ("press", "mill")
    assert document.machines == ("press-3",)
    assert document.effective_from == date(2026, 3, 2)
    assert document.effective_until == date(2027, 1, 1)
    assert document.status is DocumentStatus.WITHDRAWN
    assert document.key == "SOP-1@C"


def test_what_is_not_said_has_a_default() -> None:
    """Current, English, for every machine, without an end; a number is a revision too."""
    document = parse(GOOD)
    assert document.status is DocumentStatus.CURRENT
    assert (document.machine_kinds, document.language, document.revision) == ((), "en", "2.0")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("title: T\nkind: sop\nrevision: 1", "id is missing"),
        (GOOD + "colour: red", "unknown field 'colour'"),
        (GOOD.replace("sop", "novel"), "kind 'novel' is none of sop"),
        (GOOD.replace("A-1", "../../etc/passwd"), "id '../../etc/passwd'"),
        (GOOD.replace("A-1", "a..b"), "id 'a..b'"),
        (GOOD.replace("A-1", "x" * 65), "id "),
        (GOOD.replace("2.0", "1/2"), "revision '1/2'"),
        (GOOD + "status: yes", "status is no short text"),
        (GOOD + "effective_from: soon", "effective_from is no date"),
        (GOOD + "effective_from: 12", "effective_from is no date"),
        (GOOD + "machine_kinds: {a: b}", "machine_kinds is no list"),
        (GOOD + "machine_kinds: ['a b']", "machine_kinds is no list"),
        (GOOD + "readers: [a/b]", "readers is no list"),
        (GOOD + 'machines: ["a\\u202eb"]', "machines is no list"),
        (GOOD + 'machines: ["a\\0"]', "machines is no list"),
        (
            GOOD + "effective_from: 2026-12-01\neffective_until: 2026-12-01",
            "effective_until 2026-12-01 is not after effective_from 2026-12-01",
        ),
        (GOOD + "language: Swiss German", "language 'Swiss German' is no language"),
        ("- a\n- b", "not a list of"),
        ("id: [", "not valid YAML"),
        ("id: &a x\ntitle: *a", "aliases"),
        ("id: !!python/object:os.system x", "not valid YAML"),
        ("a: " + "[" * 5000, "not valid YAML"),
        ("x" * 20_000, "longer than"),
    ],
)
def test_every_fault_is_named(text: str, named: str) -> None:
    """With the file and the field."""
    with pytest.raises(DataFault) as fault:
        parse(text)
    assert "a.md" in str(fault.value)
    assert named in str(fault.value)


def test_several_faults_are_said_at_once() -> None:
    """Nobody corrects one field after the other."""
    with pytest.raises(DataFault) as fault:
        parse("id: '?'\nkind: novel\nrevision: 1")
    assert all(name in str(fault.value) for name in ("id", "title", "kind"))


def test_front_matter_is_split_from_the_text() -> None:
    """Windows line ends and a byte order mark included."""
    assert split_front_matter("---\na: 1\n---\ntext", source="f") == ("a: 1\n", "text")
    assert split_front_matter("\ufeff---\r\na: 1\r\n---\r\nt", source="f") == ("a: 1\r\n", "t")
    assert split_front_matter("# Title\n\n---\n", source="f") == (None, "# Title\n\n---\n")


def test_front_matter_without_an_end_is_a_fault() -> None:
    """Otherwise the metadata would become text."""
    with pytest.raises(DataFault, match="no closing line"):
        split_front_matter("---\nid: a\n\ntext", source="f")
