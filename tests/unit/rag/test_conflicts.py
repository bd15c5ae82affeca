"""Documents in force that do not say the same: found where they do, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest

from rag.conflicts import conflicts
from rag.document import Document, DocumentKind, DocumentStatus, Passage, PassageKind
from rag.finding import Held
from rag.library import Library
from tests.unit.rag.conftest import OpenLibrary

OLD, NEW = date(2025, 3, 1), date(2026, 2, 1)
ROW, STEPS, TEXT = PassageKind.ROW, PassageKind.STEPS, PassageKind.TEXT


def held(
    text: str,
    name: str = "A",
    since: date = OLD,
    *,
    kind: PassageKind = TEXT,
    title: str = "Oil cooler",
    machines: Sequence[str] = (),
) -> Held:
    """A passage of a document of that name."""
    document = Document(
        id=name,
        title=title,
        kind=DocumentKind.MANUAL,
        machine_kinds=("hydraulic-press",),
        machines=tuple(machines),
        revision="1",
        effective_from=since,
        effective_until=None,
        status=DocumentStatus.CURRENT,
        language="en",
        source="",
        source_hash="",
    )
    id_ = f"{name}-{hash(text)}"
    return Held(document, Passage(id_, name, "1", 0, 3, ("Procedure",), kind, text, ()))


def both(one: str, other: str, kind: PassageKind = TEXT, **more: str) -> list[str]:
    """What differs between two documents, the other one being newer."""
    found = conflicts([held(one, kind=kind)], [held(other, "B", NEW, kind=kind, **more)])
    assert all((c.newer.document, c.older.document) == ("B", "A") for c in found)
    return [conflict.what for conflict in found]


def test_another_torque_for_the_same_fittings_is_a_conflict() -> None:
    """The newer one first, with the line that differs as its quote."""
    one = held("8. Tighten the cooler fittings with 60 Nm.\n9. Bleed the line.", kind=STEPS)
    other = held("Tighten the cooler fittings with 55 Nm. Then rest.", "B", NEW)
    (found,) = conflicts([one], [other])
    assert found.what == "55 Nm (2026-02-01), 60 Nm (2025-03-01)"
    assert found.newer.quote == "Tighten the cooler fittings with 55 Nm."
    assert (found.older.document, found.older.page) == ("A", 3)
    assert found.older.quote == "Tighten the cooler fittings with 60 Nm."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tighten the cooler fittings with 60 Nm.", "Tighten the cooler fittings with 60 Nm."),
        ("Set the cooler valve gauge to 1 MPa.", "Set the cooler valve gauge to 10 bar."),
        ("Tighten the cooler fittings with 60 Nm.", "Tighten the drain plugs with 20 Nm."),
        ("Let the cooler oil rest below 45 degC.", "Let the cooler oil rest above 50 degC."),
        ("Never set the cooler valve gauge to 9 bar.", "Set the cooler valve gauge to 8 bar."),
        ("Blow the fins out with 3 bar.", "Blow the fins out for 10 minutes."),
        ("See page 3 of the cooler fittings list.", "See page 4 of the cooler fittings list."),
    ],
)
def test_what_is_the_same_or_about_another_thing_is_none(one: str, other: str) -> None:
    """Also in other units, the other way round, in another dimension, without a unit."""
    assert both(one, other) == []


def test_the_same_words_under_another_subject_are_none() -> None:
    """Flange screws of a pump are no flange screws of a valve."""
    words = "Tighten the flange screws crosswise with {} Nm."
    assert both(words.format(60), words.format(210), title="Main pump") == []


def test_a_cell_of_a_table_is_compared_with_the_same_cell() -> None:
    """Same row, same column, same unit."""
    row = "Signal: Oil temperature | Normal: {} | Warning limit: above {} | Unit: {}"
    assert both(row.format("42 to 55", 65, "degC"), row.format("42 to 55", 70, "degC"), ROW) == [
        "Warning limit: above 70 degC (2026-02-01), Warning limit: above 65 degC (2025-03-01)"
    ]
    assert both(row.format("42 to 55", 65, "degC"), row.format("42 to 55", 149, "degF"), ROW) == []
    tank = row.replace("Oil", "Tank")
    assert both(row.format(1, 65, "degC"), tank.format(1, 70, "degC"), ROW) == []


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("Oil temperature high | Error class: cooler_fouled | Reaction: SOP-HP-01",
         "Door open | Error class: - | Reaction: Close it", True),
        ("Oil temperature high | Error class: cooler_fouled | Reaction: SOP-HP-01",
         "Oil temperature too high | Error class: pump_worn | Reaction: SOP-HP-01", True),
        ("Oil temperature high | Error class: cooler_fouled | Reaction: SOP-HP-01",
         "Oil temperature high | Error class: cooler_fouled | Reaction: SOP-HP-02", True),
        ("Oil temperature high | Error class: cooler_fouled | Reaction: SOP-HP-01",
         "Hydraulic oil temperature high | Error class: - | Reaction: Clean it, SOP-HP-01", False),
    ],
)  # fmt: skip
def test_a_code_with_another_meaning_is_a_conflict(one: str, other: str, is_one: bool) -> None:
    """Or with another fault class, or another document to follow; not in other words."""
    rows = [f"Code: {code} | Meaning: {text}" for code, text in (("E217", one), ("E-217", other))]
    assert bool(both(rows[0], rows[1], ROW)) is is_one


def test_documents_for_other_machines_do_not_meet() -> None:
    """Each holds for its own machine."""
    words = "Tighten the cooler fittings with {} Nm."
    one = held(words.format(60), machines=["press-3"])
    assert conflicts([one], [held(words.format(55), "B", machines=["press-4"])]) == ()
    assert conflicts([one], [held(words.format(55), "B")])


def test_our_own_documents_contradict_each_other_nowhere(
    open_library: OpenLibrary, repository: Path
) -> None:
    """Every passage against every other one: rather no conflict than a false one."""
    library: Library = open_library()
    library.sync(repository / "simulators" / "documents")
    answering = library._answering
    everything = [
        each
        for document in library.documents()
        for each in answering._advisor.all_of(document)
        if document.status is DocumentStatus.CURRENT
    ]
    assert len(everything) > 200
    by_kind: dict[tuple[str, ...], list[Held]] = {}
    for each in everything:
        by_kind.setdefault(each.document.machine_kinds, []).append(each)
    found = [c for group in by_kind.values() for c in conflicts(group, [])]
    assert [(c.newer.document, c.older.document, c.what) for c in found] == []
    assert sum(1 for group in by_kind.values() for _ in combinations(group, 2)) > 5_000
