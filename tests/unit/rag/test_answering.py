"""From a question to an answer: machine, reader, value, conversation, and a model that writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest

from ingest.quotes import Excerpt, QuotedSentence, WrittenAnswer
from ingest.vocabulary import Answer
from rag.conversation import Turn
from rag.library import Library
from rag.mentions import MachineName
from rag.settings import RagSettings
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.rag.writing import COOLER, MANUAL, PUMP, front, write

PRESS = "hydraulic-press"
MACHINES = (
    MachineName("press-3", PRESS, "line-1"),
    MachineName("press-4", PRESS, "line-1"),
    MachineName("mill-1", "cnc-mill", "line-2"),
)
TODAY = date(2026, 11, 22)
Says = Callable[[Sequence[Excerpt]], Sequence[QuotedSentence]]
ETIKETT = """# Etikettierer reinigen

## Warnhinweise

> **WARNUNG:** Heißer Leim. Auf 40 Grad abkühlen lassen.

## Vorgehen

1. Die Maschine anhalten.
2. Die Düse mit 12 Nm festziehen.
"""
TIGHTENED = COOLER.replace(
    "3. Start the pump again.", "3. Tighten the cooler fittings with 60 Nm.\n4. Start the pump."
)


class Writer:
    """A model that says what it is told to, over the passages that it is shown."""

    def __init__(self, says: Says, note: str = "") -> None:
        self.says = says
        self.note = note
        self.shown: list[Excerpt] = []
        self.asked: list[tuple[str, str, tuple[str, ...]]] = []

    def write(
        self,
        question: str,
        excerpts: Sequence[Excerpt],
        *,
        language: str,
        earlier: Sequence[str] = (),
        listener: object | None = None,
    ) -> WrittenAnswer:
        self.shown = list(excerpts)
        self.asked.append((question, language, tuple(earlier)))
        return WrittenAnswer(tuple(self.says(excerpts)), "fake", "parrot", "p@1#0", self.note)


@pytest.fixture
def floor(tmp_path: Path, folder: Path) -> Callable[..., Library]:
    """Opens a library that knows the machines of a plant, over the documents of `folder`."""
    write(folder, "cooler.md", front("SOP-HP-01", title="Cleaning the oil cooler") + TIGHTENED)
    write(folder, "label.md", front("SOP-LB-01", machine_kind="labeller") + ETIKETT)

    def opened(writer: Writer | None = None, on: date = TODAY) -> Library:
        library = Library(
            tmp_path / "home",
            HashingEncoder(),
            settings=RagSettings(support_min=0.3),
            today=lambda: on,
            machines=MACHINES,
            writer=writer,
        )
        library.sync(folder)
        return library

    return opened


def turn(answer: Answer) -> Turn:
    """An answer as an earlier turn."""
    return Turn(answer.question, answer.machine, tuple(c.passage for c in answer.citations))


def quoting(words: str, *, text: str = "") -> Says:
    """A sentence with those words as its quote, of the passage that has them."""

    def says(excerpts: Sequence[Excerpt]) -> Sequence[QuotedSentence]:
        (found,) = [e for e in excerpts if words in e.text][:1] or excerpts[:1]
        return [QuotedSentence(text or words, found.id, words)]

    return says


def test_the_machine_of_the_question_is_found_and_filters(floor: Callable[..., Library]) -> None:
    """`press 3` is press-3, whose kind has that code; the words between are English."""
    with floor() as library:
        answer = library.ask("E217 on press 3, what do I do?")
    assert (answer.machine, answer.declined) == ("press-3", False)
    order = ["Meaning: Oil", "Warnings:", "Hot oil", "Procedure:", "1. Stop", "4. Start"]
    places = [answer.text.index(words) for words in order]
    assert places == sorted(places)
    assert answer.support == 1.0


def test_a_machine_that_is_not_there_is_said(floor: Callable[..., Library]) -> None:
    """With those that are; in the language of the question."""
    with floor() as library:
        answer = library.ask("E217 auf Presse 9, was tun?")
    assert answer.declined
    assert "kein Presse 9" in answer.reason
    assert "press-3" in answer.reason


def test_the_callers_machine_is_not_left_for_another(floor: Callable[..., Library]) -> None:
    """Another kind is declined; another machine of the kind is said in front."""
    with floor() as library:
        other_kind = library.ask("E217 on press 3?", machine="mill-1", machine_kind="cnc-mill")
        other = library.ask("E217 on press 4?", machine="press-3", machine_kind=PRESS)
    assert other_kind.declined
    assert "names press-3" in other_kind.reason
    assert other.text.startswith("The question names press-4; this answer is for press-3.")


def test_a_document_of_one_machine_is_not_quoted_where_several_may_be_meant(
    floor: Callable[..., Library], folder: Path
) -> None:
    """`The press` is press-3 or press-4: which one must be said."""
    own = front("HP-3", kind="manual", more="machines: [press-3]\n")
    write(folder, "own.md", f"{own}# Press 3\n\n## Die\n\nThe die has the number KX 4711.\n")
    with floor() as library:
        several = library.ask("which number has the die of the press?")
        one = library.ask("which number has the die of press 3?")
    assert several.declined
    assert "press-3, press-4" in several.reason
    assert "KX 4711" in one.text


def test_what_a_reader_may_not_see_is_nowhere(floor: Callable[..., Library], folder: Path) -> None:
    """Not quoted, not among the nearest, not in a code table, not as a procedure."""
    hidden = "readers: [engineer]\n"
    for name, text in (("cooler.md", TIGHTENED), ("manual.md", MANUAL)):
        id_, kind = ("SOP-HP-01", "sop") if name == "cooler.md" else ("HP-MAN", "manual")
        write(folder, name, front(id_, kind=kind, more=hidden) + text)
    with floor() as library:
        for question in ("E217 on press 3", "SOP-HP-01", "oil temperature rises, oil cooler"):
            answer = library.ask(question, machine_kind=PRESS, reader="operator")
            seen = {c.document for c in (*answer.citations, *answer.nearest)}
            assert not seen & {"SOP-HP-01", "HP-MAN"}, question
        assert library.look_up("E217", PRESS, reader="operator") is None
        assert library.look_up("E217", PRESS, reader="engineer") is not None
        card = library.procedure(
            "cooler_fouled", "Oil cooler fouled.", machine_kind=PRESS, reader="operator"
        )
        assert "SOP-HP-01" not in {c.document for c in (*card.citations, *card.nearest)}


def test_a_question_for_a_value_gets_the_step_that_holds_it(
    floor: Callable[..., Library],
) -> None:
    """Not the whole procedure."""
    with floor() as library:
        answer = library.ask("what torque for the cooler fittings of press 3?")
        meaning = library.ask("what does E217 mean?", machine_kind=PRESS)
    assert [c.quote for c in answer.citations] == ["3. Tighten the cooler fittings with 60 Nm."]
    assert "revision 1, page 1" in answer.text
    assert [c.document for c in meaning.citations] == ["HP-MAN"]


def test_a_conversation_goes_on(floor: Callable[..., Library]) -> None:
    """Next steps, a value of what was cited, a code of its own; a fresh question stays fresh."""
    with floor() as library:
        first = library.ask("E217 on press 3, what do I do?")
        then = library.ask("and after that?", earlier=[turn(first)])
        torque = library.ask("what torque?", earlier=[turn(first), turn(then)])
        other = library.ask("and E218?", earlier=[turn(first)])
        fresh = library.ask("How is the pump replaced?", earlier=[turn(first)])
    assert [c.section.split(" > ")[-1] for c in then.citations] == ["Return to service"]
    assert [c.quote for c in torque.citations] == ["3. Tighten the cooler fittings with 60 Nm."]
    assert (other.machine, "Top up oil" in other.text) == ("press-3", True)
    assert fresh.citations[0].document == "SOP-HP-02"


def test_what_was_cited_and_no_longer_holds_is_not_quoted_again(
    floor: Callable[..., Library], folder: Path
) -> None:
    """The passages of an earlier turn are looked at anew."""
    with floor() as library:
        first = library.ask("E217 on press 3, what do I do?")
        text = front("SOP-HP-01", status="withdrawn") + TIGHTENED
        write(folder, "cooler.md", text)
        library.sync(folder)
        answer = library.ask("what torque?", earlier=[turn(first)])
    assert "60 Nm" not in answer.text
    assert "SOP-HP-01" not in {c.document for c in (*answer.citations, *answer.nearest)}


def test_codes_of_the_card_count_only_where_the_question_says_nothing(
    floor: Callable[..., Library],
) -> None:
    """`What do I do?` is about the card; bread is not."""
    with floor() as library:
        about = library.ask("what do I do now?", machine_kind=PRESS, codes=["E217"])
        other = library.ask("how do I bake bread?", machine_kind=PRESS, codes=["E217"])
    assert about.citations[0].document == "SOP-HP-01"
    assert other.declined


def test_what_holds_later_is_said(floor: Callable[..., Library], folder: Path) -> None:
    """Nothing else is there: the reason names the day."""
    text = front("SOP-CNC-09", machine_kind="cnc-mill", more="effective_from: 2027-01-01\n")
    write(folder, "later.md", f"{text}# Warm up\n\n1. Warm up the spindle.\n")
    with floor() as library:
        answer = library.ask("how do I warm up the spindle of mill 1?")
    assert answer.declined
    assert answer.nearest == ()
    assert "SOP-CNC-09, revision 1, holds from 2027-01-01" in answer.reason


def test_a_german_question_gets_german_words_between_the_quotes(
    floor: Callable[..., Library],
) -> None:
    """The quotes stay as they stand."""
    with floor() as library:
        answer = library.ask("Etikettierer reinigen: was tun?", machine_kind="labeller")
        english = library.ask("Etikettierer reinigen", machine_kind="labeller", language="en")
    assert "Warnhinweise:\nWARNUNG: Heißer Leim." in answer.text
    assert "Seite 1" in answer.text
    assert "Warnings:" in english.text


def test_what_a_model_writes_stands_with_its_quote(floor: Callable[..., Library]) -> None:
    """Between the warnings and the steps, which are quoted whole all the same."""
    writer = Writer(quoting("Clean the fins of the cooler with compressed air."))
    with floor(writer) as library:
        answer = library.ask("E217 on press 3, what do I do?", earlier=[Turn("hello")])
    assert (answer.engine, answer.model, answer.prompt) == ("fake", "parrot", "p@1#0")
    assert (len(answer.sentences), answer.dropped) == (1, 0)
    order = [answer.text.index(w) for w in ("Hot oil", "In short:", "\u201cClean", "4. Start")]
    assert order == sorted(order)
    assert answer.sentences[0].passage in {c.passage for c in answer.citations}
    assert writer.asked == [("E217 on press 3, what do I do?", "en", ("hello",))]


def test_a_sentence_that_does_not_hold_is_dropped_and_counted(
    floor: Callable[..., Library],
) -> None:
    """Nothing is left: the answer is the quoted one, and says how many were dropped."""
    writer = Writer(quoting("Stop the press", text="Do not stop the press."))
    with floor(writer) as library:
        answer = library.ask("E217 on press 3, what do I do?")
    with floor() as library:
        plain = library.ask("E217 on press 3, what do I do?")
    assert (answer.sentences, answer.dropped, answer.engine) == ((), 1, "quote")
    assert answer.text == plain.text


def test_without_a_reply_the_answer_is_the_quoted_one_with_a_note(
    floor: Callable[..., Library],
) -> None:
    """Why the model wrote nothing."""
    with floor(Writer(lambda _: [], note="The model is away.")) as library:
        answer = library.ask("E217 on press 3, what do I do?")
    assert (answer.note, answer.engine) == ("The model is away.", "quote")
    assert "Hot oil" in answer.text


def test_a_model_is_shown_only_what_may_be_quoted(
    floor: Callable[..., Library], folder: Path
) -> None:
    """No other machine's, no reader's, no withdrawn passage; and never for a declined question."""
    write(folder, "pump.md", front("SOP-HP-02", status="withdrawn") + PUMP)
    mill = front("SOP-CNC-01", machine_kind="cnc-mill") + COOLER.replace("press", "mill")
    write(folder, "mill.md", mill)
    writer = Writer(lambda _: [])
    with floor(writer) as library:
        library.ask("E217 on press 3, what do I do?")
        assert writer.shown
        assert not any("mill" in e.text or "accumulators" in e.text for e in writer.shown)
        assert library.ask("how do I bake bread?", machine_kind=PRESS).declined
    assert len(writer.asked) == 1


def test_a_model_writes_in_the_language_of_the_passages(floor: Callable[..., Library]) -> None:
    """Else no word of it could be checked."""
    writer = Writer(lambda _: [])
    with floor(writer) as library:
        library.ask("E217 an Presse 3, was ist zu tun?")
    assert writer.asked[0][1] == "en"


def test_of_two_documents_that_differ_the_newer_one_stands_first(
    floor: Callable[..., Library], folder: Path
) -> None:
    """Both are shown."""
    newer = front("HP-BUL", kind="manual", more="effective_from: 2026-06-01\n")
    text = "# Oil cooler bulletin\n\n## Oil cooler\n\nTighten the cooler fittings with 55 Nm.\n"
    write(folder, "bulletin.md", newer + text)
    with floor() as library:
        answer = library.ask("what torque for the cooler fittings of press 3?")
    (conflict,) = answer.conflicts
    assert (conflict.newer.document, conflict.older.document) == ("HP-BUL", "SOP-HP-01")
    assert conflict.what == "55 Nm (2026-06-01), 60 Nm"
    assert answer.citations[0].document == "HP-BUL"
    assert answer.text.index("do not say the same") < answer.text.index("(HP-BUL")


def test_steps_of_a_manual_come_whole_with_what_warns_of_them(
    floor: Callable[..., Library], folder: Path
) -> None:
    """All steps of the section, and the warnings above them; not those of another section."""
    steps = "\n".join(f"{n}. Turn the wedge {n} of the gib {'slowly ' * 60}." for n in range(1, 9))
    text = (
        "# Gib manual\n\n## Gib\n\n> **WARNING:** The ram may fall.\n\n"
        f"### Setting the gib wedge\n\n{steps}\n\n## Paint\n\n1. Paint the frame.\n"
    )
    write(folder, "gib.md", front("HP-GIB", kind="manual") + text)
    with floor() as library:
        answer = library.ask("how do I set the gib wedge of press 3?")
    assert answer.text.index("The ram may fall") < answer.text.index("1. Turn the wedge")
    assert "8. Turn the wedge" in answer.text
    assert "Paint" not in answer.text
