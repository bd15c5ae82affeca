"""Answers quote: warnings first, steps in order, with the place where the steps begin."""

from __future__ import annotations

from pathlib import Path

from rag.library import Library
from tests.unit.rag.writing import COOLER, MANUAL, PUMP, front, write

PRESS = "hydraulic-press"


def test_a_code_leads_to_its_procedure(library: Library) -> None:
    """The row of the code table, the warnings, the steps; the steps are cited first."""
    answer = library.ask("E 217 on press 3, what do I do?", machine_kind=PRESS, machine="press-3")
    assert not answer.declined
    assert answer.machine == "press-3"
    assert [c.document for c in answer.citations] == ["SOP-HP-01", "SOP-HP-01", "HP-MAN"]
    order = [answer.text.index(part) for part in ("Meaning: Oil", "Hot oil", "1. Stop", "3. Start")]
    assert order == sorted(order)
    assert "revision 1, page 1" in answer.text


def test_only_the_procedure_itself_is_quoted(library: Library) -> None:
    """Not the steps of another section."""
    answer = library.procedure("cooler_fouled", "The oil cooler is fouled.", machine_kind=PRESS)
    assert answer.citations[0].section == "Cleaning the oil cooler > Procedure"
    assert "ten strokes" not in answer.text


def test_every_quoted_word_stands_in_the_document(library: Library) -> None:
    """Nothing is made up between the quotes but the names of the parts."""
    source = " ".join(
        (COOLER + MANUAL).replace("**", "").replace("`", "").replace("> ", "").split()
    )
    answer = library.ask("E217", machine_kind=PRESS)
    for citation in answer.citations:
        assert citation.quote in answer.text
        for line in citation.quote.replace(" | ", "\n").splitlines():
            assert line.partition(": ")[2] in source or line in source


def test_what_is_not_there_is_declined_with_the_nearest(library: Library) -> None:
    """A reason in words and passages to look at."""
    answer = library.ask("How do I bake bread in the kitchen?", machine_kind=PRESS)
    assert answer.declined
    assert "too little" in answer.reason
    assert answer.citations == ()
    assert 0 < len(answer.nearest) <= 3


def test_an_unknown_code_is_declined_by_name(library: Library) -> None:
    """No near miss is quoted for it."""
    answer = library.ask("E999?", machine_kind=PRESS)
    assert answer.declined
    assert "E999 stands in no current document" in answer.reason


def test_a_machine_without_documents_is_declined(library: Library) -> None:
    """Never with those of another machine."""
    answer = library.ask("E217", machine_kind="cnc-mill")
    assert answer.declined
    assert answer.nearest == ()


def test_a_code_of_two_machine_kinds_needs_the_machine(library: Library, folder: Path) -> None:
    """E217 of the mill is another fault."""
    other = front("CNC-MAN", kind="manual", machine_kind="cnc-mill") + MANUAL
    write(folder, "mill.md", other.replace("Oil temperature high", "Door open"))
    library.sync(folder)
    answer = library.ask("E217")
    assert answer.declined
    assert "cnc-mill, hydraulic-press" in answer.reason
    entry = library.look_up("e-217", "cnc-mill")
    assert entry is not None
    assert (entry.meaning, entry.document) == ("Door open", "CNC-MAN")


def test_a_document_can_be_asked_for_by_its_id(library: Library) -> None:
    """Its procedure is the answer."""
    answer = library.ask("show me SOP-HP-02")
    assert answer.citations[0].document == "SOP-HP-02"
    assert "2. Lift the pump out with a hoist." in answer.text


def test_a_question_about_a_fact_is_answered_with_the_passage(library: Library) -> None:
    """Not with a procedure that has nothing to do with it."""
    answer = library.ask("What is the limit of the oil temperature?", machine_kind=PRESS)
    assert not answer.declined
    assert answer.citations[0].document == "HP-MAN"
    assert "65 degC" in answer.text


def test_a_missing_procedure_is_said_and_not_replaced(library: Library, folder: Path) -> None:
    """The table refers to SOP-HP-01: no other SOP stands in for it."""
    (folder / "cooler.md").unlink()
    library.sync(folder)
    answer = library.procedure("cooler_fouled", "The oil cooler is fouled.", machine_kind=PRESS)
    assert answer.declined
    assert "SOP-HP-01, which is not among the documents" in answer.reason


def test_without_a_reference_the_words_decide(library: Library, folder: Path) -> None:
    """No code table, no error class: the SOP that is about it."""
    (folder / "manual.md").unlink()
    write(folder, "cooler.md", front("SOP-HP-01") + COOLER.replace("`cooler_fouled`", "the cooler"))
    library.sync(folder)
    answer = library.procedure("pump_worn", "The pump is worn: no pressure.", machine_kind=PRESS)
    assert answer.citations[0].document == "SOP-HP-02"
    unknown = library.procedure("door_open", "The door of the cabin jams.", machine_kind=PRESS)
    assert unknown.declined


def test_the_manual_answers_where_there_is_no_sop(library: Library, folder: Path) -> None:
    """Its passage, quoted."""
    text = "## Troubleshooting\n\nA jammed light curtain: clean the lenses of the light curtain.\n"
    write(folder, "more.md", front("HP-MAN-2", kind="manual") + text)
    library.sync(folder)
    answer = library.procedure(
        "light_curtain", "The light curtain is jammed: lenses dirty.", machine_kind=PRESS
    )
    assert answer.citations[0].document == "HP-MAN-2"


def test_codes_are_looked_up_in_any_spelling(library: Library) -> None:
    """With class, reaction and place; unknown is None."""
    for code in ("E217", "e-217", "E 217", "ALARM E217"):
        entry = library.look_up(code, PRESS)
        assert entry is not None, code
        assert (entry.code, entry.error_class, entry.page) == ("E217", "cooler_fouled", 1)
    other = library.look_up("E218", PRESS)
    assert other is not None
    assert other.error_class == ""
    assert library.look_up("217", PRESS) is None
    assert library.look_up("", PRESS) is None


def test_steps_of_a_pump_never_carry_warnings_of_a_cooler(library: Library) -> None:
    """Warnings come from the same document."""
    answer = library.ask("SOP-HP-02", machine_kind=PRESS)
    assert "Hot oil" not in answer.text
    assert all(line in " ".join(PUMP.split()) for line in answer.citations[0].quote.splitlines())
