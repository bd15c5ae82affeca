"""What is found lies within what was asked for, and nothing else is told in any way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest

from rag.library import Library
from rag.settings import RagSettings
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.rag.writing import COOLER, MANUAL, PUMP, front, write

OpenLibrary = Callable[..., Library]
PRESS = "hydraulic-press"
SECRET = "Secret valve: the override of the interlock is 4711, turn it with key K-99."
SAFETY = (
    "Switch off the main switch, lock it out and tag it. Wait until the pressure gauge reads zero "
    "before anybody opens a line. Wear gloves and goggles and tell the shift leader first."
)


def documents(library: Library, query: str, **within: object) -> set[str]:
    return {c.document for c in library.search(query, **within)}  # type: ignore[arg-type]  # by name


@pytest.fixture
def guarded(library: Library, folder: Path) -> Library:
    """With documents that only engineers may read: one of them says what all may read, too."""
    only = "readers: [engineer]\n"
    rows = MANUAL.replace("E217", "E901").replace("E218", "E902").replace("SOP-HP-01", "SOP-HP-09")
    write(folder, "s1.md", front("SECRET-1", more=only) + SECRET)
    write(folder, "s2.md", front("SECRET-2", kind="manual", more=only) + rows)
    write(folder, "s3.md", front("SECRET-3", more=only) + SAFETY)
    write(folder, "s4.md", front("OPEN-3") + SAFETY)
    library.sync(folder)
    return library


def test_the_guarded_documents_can_be_found_by_those_who_may(guarded: Library) -> None:
    """Else the next test would prove nothing."""
    for reader in ("engineer", None):
        assert "SECRET-1" in documents(guarded, "override of the interlock", reader=reader)
        assert guarded.look_up("E901", PRESS) is not None
        answer = guarded.ask("override of the interlock K-99", machine_kind=PRESS, reader=reader)
        assert {c.document for c in answer.citations} == {"SECRET-1"}


@pytest.mark.parametrize(
    "question",
    [
        "the override of the interlock",
        "K-99",
        "4711",
        "E901",
        "E901, what do I do?",
        "SECRET-1",
        "show me SECRET-2",
        "wait until the pressure gauge reads zero",
        "how do I bake a secret cake with the valve?",
    ],
)
def test_nothing_of_a_document_is_told_to_those_who_may_not_read_it(
    guarded: Library, question: str
) -> None:
    """Not by search, answer, nearest passage, code, folded name or reason."""
    found = guarded.search(question, reader="operator", limit=50)
    answer = guarded.ask(question, machine_kind=PRESS, reader="operator")
    told = {c.document for c in (*found, *answer.citations, *answer.nearest)}
    assert not any(name.startswith("SECRET") for name in told)
    words = f"{answer.text} {answer.reason} {answer.note}"
    asked = {"SECRET-1", "SECRET-2"} & set(question.split())
    assert not any(name in words for name in {"SECRET-1", "SECRET-2", "SECRET-3"} - asked)
    assert guarded.look_up("E901", PRESS, reader="operator") is None


def test_a_fold_names_only_what_may_be_read(guarded: Library) -> None:
    """Two documents say the same; an operator is told of one."""

    def names(reader: str) -> list[set[str]]:
        found = guarded.find("wait until the pressure gauge reads zero", reader=reader)
        group = next(each for each in found if each.passage.text == SAFETY)
        return [{group.document.id}, {other.document.id for other in group.folded}]

    assert names("operator") == [{"OPEN-3"}, set()]
    assert set.union(*names("engineer")) == {"OPEN-3", "SECRET-3"}
    assert all(names("engineer"))


def test_siblings_that_say_the_same_are_told_once(library: Library, folder: Path) -> None:
    """A value apart, they are told apart; of a machine, only its own are told at all."""
    for machine, torque in (("press-3", 25), ("press-4", 25), ("press-5", 28)):
        text = f"## Fitting\n\nTighten the fitting of the ram guide with {torque} Nm.\n"
        more = f"machines: [{machine}]\n"
        write(folder, f"{machine}.md", front(f"M-{machine}", kind="manual", more=more) + text)
    library.sync(folder)
    found = library.find("tighten the fitting of the ram guide", limit=3)
    groups = [{each.document.id, *(o.document.id for o in each.folded)} for each in found]
    assert {"M-press-3", "M-press-4"} in groups
    assert {"M-press-5"} in groups
    (own,) = library.find("tighten the fitting of the ram guide", machine="press-4", limit=1)
    assert (own.document.id, own.folded) == ("M-press-4", ())


def test_languages_are_a_filter(library: Library, folder: Path) -> None:
    """Of the documents, not of the question."""
    german = front("SOP-DE", title="Pumpe tauschen").replace("language: en", "language: de")
    write(folder, "de.md", german + "## Ablauf\n\n1. Die Pumpe mit dem Kran heben.\n")
    library.sync(folder)
    assert documents(library, "pump hoist Pumpe heben", languages=["de"]) == {"SOP-DE"}
    assert "SOP-DE" not in documents(library, "pump hoist Pumpe heben", languages=["en"])
    assert {"SOP-DE", "SOP-HP-02"} <= documents(library, "pump hoist Pumpe heben")


def test_german_words_are_found_in_all_their_forms(library: Library, folder: Path) -> None:
    """And with umlauts written out."""
    text = "## Ablauf\n\n1. Die Dichtungen der Spindel schmieren.\n2. Die K\u00fchler reinigen.\n"
    write(folder, "de.md", front("SOP-DE", kind="manual") + text)
    library.sync(folder)
    for question in ("Dichtung schmieren", "wie schmiere ich eine Dichtung", "Kuehler Reinigung"):
        assert next(iter(library.search(question))).document == "SOP-DE"


def test_what_does_not_hold_is_found_when_it_is_asked_for_by_name(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    """What a newer revision replaced is superseded; what is withdrawn is withdrawn."""
    newer = front("SOP-HP-02", revision="2", more="effective_from: 2026-06-01\n") + PUMP
    library.add(write(tmp_path, "b.md", newer))
    write(folder, "cooler.md", front("SOP-HP-01", status="withdrawn") + COOLER)
    library.sync(folder)

    def revisions(**within: object) -> set[tuple[str, str]]:
        found = library.search("pump hoist cooler fins", **within)  # type: ignore[arg-type]
        return {(c.document, c.revision) for c in found if c.document.startswith("SOP")}

    assert revisions() == {("SOP-HP-02", "2")}
    assert revisions(statuses=["superseded"]) == {("SOP-HP-02", "1")}
    assert revisions(statuses=["withdrawn"]) == {("SOP-HP-01", "1")}
    assert revisions(statuses=["draft"]) == set()
    assert revisions(on=date(2026, 5, 31)) == {("SOP-HP-02", "1")}
    assert revisions(statuses=["superseded"], on=date(2026, 5, 31)) == set()
    assert revisions(statuses=["current", "withdrawn"]) == {("SOP-HP-02", "2"), ("SOP-HP-01", "1")}


def test_a_code_of_one_machine_kind_names_the_kind(library: Library, folder: Path) -> None:
    """Passages of other kinds that have the words are left out; without the code they are not."""
    mill = "Oil temperature high: clean the cooler. The limit is 65 degC.\n"
    write(folder, "mill.md", front("CNC-MAN", kind="manual", machine_kind="cnc-mill") + mill)
    library.sync(folder)
    assert "CNC-MAN" in documents(library, "oil temperature high")
    assert "CNC-MAN" not in documents(library, "E217 oil temperature high")
    assert "CNC-MAN" in documents(library, "E217 oil temperature high", machine_kind="cnc-mill")


class Backwards:
    """A cross-encoder that likes what comes late in the alphabet."""

    name = "backwards"

    def __init__(self) -> None:
        self.read: list[int] = []

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        self.read.append(len(texts))
        order = sorted(texts)
        return [order.index(text) / len(texts) for text in texts]


def test_a_cross_encoder_ranks_the_best_anew(folder: Path, tmp_path: Path) -> None:
    """So many at most, and never above a passage that is about the code itself."""
    reranker = Backwards()
    settings = RagSettings(reranker_depth=5)
    with Library(
        tmp_path / "home",
        HashingEncoder(),
        settings=settings,
        today=lambda: date(2026, 11, 22),
        reranker=reranker,
    ) as library:
        library.sync(folder)
        plain = library.find("oil pump cooler", limit=3)
        assert reranker.read == [5]
        assert [f.score for f in plain] == sorted((f.score for f in plain), reverse=True)
        titles = [f"{f.document.title} {f.passage.section}" for f in plain]
        assert titles == sorted(titles, reverse=True)
        (best, *_) = library.find("E217 oil", limit=3)
        assert best.passage.defines == ("E217",)
