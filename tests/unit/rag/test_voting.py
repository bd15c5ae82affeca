"""Votes on a label: who votes, how votes are counted and weighed, and what they are worth."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ingest.errors import DataFault
from rag.settings import RagSettings
from rag.voting.ballot import counted, order
from rag.voting.choosing import judged_by
from rag.voting.confidence import measured
from rag.voting.electorate import Candidates, Electorate, Flags, Floats, Voter, Weighing, electorate
from rag.voting.labelling import voters_of
from rag.voting.memory import TextMemory
from rag.voting.numbers import NumberMemory
from rag.voting.parts import PARTS, parts_of
from rag.voting.points import Points
from rag.voting.table import CodeTable, TableRow
from rag.voting.voter import Ballots, judged
from tests.unit.rag.hashing import HashingEncoder

HOT = [f"oil {word} hot at the cooler" for word in ("runs", "gets", "too", "very", "is")]
WORN = [f"tool {word} chipped and worn" for word in ("edge", "looks", "tip", "badly", "is")]
NO_CODES = CodeTable(())


def examples() -> Electorate:
    hot = [Voter("hot", text, group=f"h{at}") for at, text in enumerate(HOT)]
    worn = [Voter("worn", text, group=f"w{at}") for at, text in enumerate(WORN)]
    return electorate(("hot", "worn"), [*hot, *worn])


def candidates(*lines: list[tuple[int, float]], exact: tuple[int, ...] = ()) -> Candidates:
    at = np.array([[number for number, _ in line] for line in lines], dtype=np.int64)
    dense = np.array([[score for _, score in line] for line in lines])
    return Candidates(at, dense, dense, np.isin(at, exact))


@pytest.fixture(scope="module")
def points() -> Iterator[Points]:
    """One for all tests: what another put there is never seen."""
    made = Points(HashingEncoder(), RagSettings())
    yield made
    made.close()


def never(confidence: Floats, right: Flags) -> float:
    return 0.0


def test_the_nearest_votes_count_most() -> None:
    """Of two far ones and a near one the near one wins, as long as votes differ by nearness."""
    voters = electorate(("a", "b"), [Voter("a", "1"), Voter("b", "2"), Voter("b", "3")])
    asked = candidates([(0, 0.9), (1, 0.4), (2, 0.4)])
    near = counted(asked, voters, Weighing(nearest=3, warmth=0.1))
    level = counted(asked, voters, Weighing(nearest=3, warmth=100.0))
    assert voters.labels[near.winner[0]] == "a"
    assert voters.labels[level.winner[0]] == "b"


def test_a_rare_label_is_not_drowned_where_votes_are_evened() -> None:
    """One vote of two for the rare label outweighs three of six for the common one."""
    common = [Voter("common", str(at)) for at in range(6)]
    voters = electorate(("common", "rare"), [*common, Voter("rare", "x"), Voter("rare", "y")])
    asked = candidates([(0, 0.5), (1, 0.5), (6, 0.5)])
    plain = counted(asked, voters, Weighing(nearest=3))
    even = counted(asked, voters, Weighing(nearest=3, even=1.0))
    assert voters.labels[plain.winner[0]] == "common"
    assert voters.labels[even.winner[0]] == "rare"


def test_who_names_the_identifier_stands_first() -> None:
    """An example with the same code outvotes nearer words, unless that was found to mislead."""
    voters = electorate(("a", "b"), [Voter("a", "1"), Voter("b", "2")])
    asked = candidates([(0, 0.9), (1, 0.1)], exact=(1,))
    assert order(asked, voters, Weighing()) == [[1, 0]]
    assert order(asked, voters, Weighing(exact=0.0)) == [[0, 1]]


def test_nobody_votes_where_there_is_nobody() -> None:
    """No candidate: no label, no share, no confidence."""
    voters = electorate(("a",), [Voter("a", "1")])
    count = counted(candidates([(-1, 0.0)]), voters, Weighing())
    assert count.winner.tolist() == [-1]
    assert count.signal.tolist() == [0.0]


def test_a_row_whose_label_was_guessed_can_be_left_out() -> None:
    """It takes no place among those that vote either."""
    voters = electorate(("a", "b"), [Voter("a", "1", row=0, trust=0.9), Voter("b", "2")])
    asked = candidates([(0, 0.9), (1, 0.2)])
    assert counted(asked, voters, Weighing(nearest=1, guessed=1.0)).winner.tolist() == [0]
    assert counted(asked, voters, Weighing(nearest=1, guessed=0.0)).winner.tolist() == [1]


def test_a_group_is_in_one_part_and_few_groups_are_held_back_one_by_one() -> None:
    """Ten parts of about one size; a known group stays where it is."""
    few = parts_of(["a", "b", "a", "c"])
    assert len({*few.values()}) == 3
    many = parts_of([f"g{at}" for at in range(100)])
    sizes = [list(many.values()).count(part) for part in range(PARTS)]
    assert sizes == [10] * PARTS
    again = parts_of(["a", "b", "d"], few)
    assert {name: again[name] for name in few} == few


def test_an_example_is_not_judged_by_its_own_group(points: Points) -> None:
    """Neither the example itself nor its twin may vote on it, by engine and by identifier."""
    twins = [Voter("x", f"E217 valve {at}", group="one") for at in range(3)]
    voters = electorate(("x", "y"), [*twins, Voter("y", "E217 valve other", group="two")])
    memory = TextMemory(points, voters, NO_CODES)
    found = memory.candidates(["E217 valve 0"], [memory.part(0)])
    assert found.at.tolist() == [[3]]
    everybody = memory.candidates(["E217 valve 0"])
    assert {*everybody.at[0].tolist()} == {0, 1, 2, 3}


def test_votes_on_texts_say_what_they_stand_on(points: Points) -> None:
    """The nearest come with the vote, best first, all of the right label here."""
    memory = TextMemory(points, examples(), NO_CODES)
    ballots = Ballots(memory, judged(memory, seed=0, floor=never))
    hot, worn = ballots.vote(["the oil is hot again", "worn tool"])
    assert (hot.label, worn.label) == ("hot", "worn")
    assert hot.nearest[0].label == "hot"
    assert ballots.judged.macro_f1 == 1.0


def test_the_weighing_is_chosen_by_parts_held_back(points: Points) -> None:
    """Twins of one group with another label each: their own group would vote wrong for sure."""
    voters = electorate(("a", "b"), [
        *(Voter("a", f"pump leaks at seal {at} a", group=f"g{at}") for at in range(6)),
        *(Voter("b", f"belt slips on roll {at} b", group=f"k{at}") for at in range(6)),
    ])  # fmt: skip
    chosen = judged(TextMemory(points, voters, NO_CODES), seed=0, floor=never)
    assert chosen.macro_f1 == 1.0
    shuffled = [replace(v, label="ab"[at % 2]) for at, v in enumerate(voters.voters)]
    by_chance = judged(
        TextMemory(points, electorate(("a", "b"), shuffled), NO_CODES), seed=0, floor=never
    )
    assert by_chance.macro_f1 is not None
    assert by_chance.macro_f1 < 0.9


def test_without_voters_there_is_a_plain_word(points: Points) -> None:
    """No example and no row that stands for a label."""
    with pytest.raises(DataFault, match="nothing to retrieve"):
        judged(TextMemory(points, electorate(("a",), []), NO_CODES), seed=0, floor=never)


def test_what_is_known_is_not_encoded_again_and_an_earlier_memory_answers_as_before() -> None:
    """Only the new example is encoded; who does not know it never sees it."""
    encoder = HashingEncoder()
    points = Points(encoder, RagSettings())
    first = TextMemory(points, examples(), NO_CODES)
    before, done = first.candidates(["tool worn"]).at.tolist(), encoder.encoded
    more = [*examples().voters, Voter("leak", "air leak in the hall", group="n")]
    later = TextMemory(
        points, electorate(("hot", "worn", "leak"), more), NO_CODES, parts=first.parts
    )
    assert encoder.encoded == done + 1
    assert later.fresh == 1
    assert 10 in later.candidates(["air leak"]).at[0]
    assert first.candidates(["tool worn"]).at.tolist() == before
    points.close()


def test_the_folder_goes_with_the_last_who_refers_to_it() -> None:
    """Nothing is left of a memory that nobody has any more."""
    points = Points(None, RagSettings())
    folder = Path(points.folder)
    assert folder.is_dir()
    del points
    gc.collect()
    assert not folder.exists()


def test_a_code_is_looked_up_and_its_meaning_searched_for(points: Points) -> None:
    """An item that only names a code is near to examples that say what the code means."""
    table = CodeTable([TableRow("E-417", "oil gets hot at the cooler")])
    memory = TextMemory(points, examples(), table)
    ballots = Ballots(memory, judged(memory, seed=0, floor=never))
    (vote,) = ballots.vote(["alarm e417"])
    assert vote.label == "hot"
    (blind,) = Ballots(TextMemory(points, examples(), NO_CODES), ballots.judged).vote(
        ["alarm e417"]
    )
    assert blind.confidence < vote.confidence


def test_a_value_is_the_same_value_everywhere_and_a_code_is_not() -> None:
    """70.6 and 66 degrees are one; E217, 4012 of the table and SRVO-062 stay."""
    table = CodeTable([TableRow("4012", "axis limit")])
    text = table.expanded("E217 SRVO-062: oil 70.6 degC, alarm 4012, 3 strokes")
    assert text == "E217 SRVO-062: oil 0 degC, alarm 4012, 0 strokes\naxis limit"


def test_a_row_of_several_codes_is_found_by_each() -> None:
    """Two codes in one cell, in any spelling, and the cell as a whole."""
    table = CodeTable([TableRow("E502/E503", "load too high"), TableRow("AL-07", "door")])
    named = [table.named(text) for text in ("e-503!", "E 502", "al07 again", "E504")]
    assert named == [[0], [0], [1], []]


def test_rows_get_the_label_that_they_name_else_the_one_that_they_mean() -> None:
    """Spelling does not matter; another name than ours is none of ours where some are."""
    labels = {"cooler_fouled": "The oil cooler is fouled.", "tool_worn": "The tool is chipped."}
    said = voters_of(
        [TableRow("E1", "x", "Cooler fouled"), TableRow("E2", "y", "pump_worn")], labels, None
    )
    assert [(v.row, v.label, v.guessed) for v in said] == [(0, "cooler_fouled", False)]
    meant = voters_of(
        [TableRow("E1", "cutting tool chipped"), TableRow("E2", "zzz")], labels, HashingEncoder()
    )
    assert (meant[0].label, meant[0].guessed) == ("tool_worn", True)
    assert all(other.trust < meant[0].trust for other in meant[1:])


def test_nearest_rows_of_numbers_skip_what_is_missing() -> None:
    """Distances are over the numbers that two rows share; too few shared: no neighbour."""
    rng = np.random.default_rng(0)
    rows = [
        Voter("low" if at < 20 else "high", numbers={"a": base + rng.normal(), "b": 1e3 * base})
        for at, base in enumerate([0.0] * 20 + [9.0] * 20)
    ]
    memory = NumberMemory(electorate(("low", "high"), rows))
    ballots = Ballots(memory, judged(memory, seed=0, floor=never))
    votes = ballots.vote([{"a": 9.2}, {"b": 0.0}, {"c": 1.0}, {"a": 1e308, "b": 1e308}])
    assert [vote.label for vote in votes] == ["high", "low", "", "high"]
    assert ballots.judged.macro_f1 == 1.0


def test_numbers_without_any_bounds_are_far_and_nothing_overflows() -> None:
    """As they come from a sensor that is broken; a column that never changes is compared too."""
    rows = [
        Voter("ab"[at % 2], numbers={"x": (-1e308, 1e308)[at % 2], "y": 1.0}) for at in range(20)
    ]
    memory = NumberMemory(electorate(("a", "b"), rows))
    votes = Ballots(memory, judged(memory, seed=0, floor=never)).vote([{"x": 1e300}, {"y": 1e308}])
    assert votes[0].label == "b"
    assert votes[1].confidence < 0.1


def test_confidence_rises_and_is_what_was_right() -> None:
    """Shares by the rule of succession, never falling; few votes leave the signal as it is."""
    signal = np.linspace(0, 1, 200)
    right = np.random.default_rng(1).random(200) < signal
    found = measured(signal, right)
    assert list(found.shares) == sorted(found.shares)
    assert abs(float(found.of(signal).mean()) - float(right.mean())) < 0.05
    sure = measured(np.full(24, 0.6), np.ones(24, dtype=bool))
    assert sure.of(np.array([0.06, 0.6])).round(3).tolist() == [0.093, 0.929]
    assert measured(signal[:3], right[:3]).of(np.array([0.4])).tolist() == [0.4]


def test_a_choice_is_judged_by_some_of_every_label() -> None:
    """A label with five rows among a thousand is not left out of the four hundred."""
    many = [Voter("common", str(at)) for at in range(1000)]
    voters = electorate(("common", "rare"), [*many, *(Voter("rare", f"r{at}") for at in range(5))])
    labels = [voters.voters[number].label for number in judged_by(voters, seed=0)]
    assert len(labels) == 400
    assert labels.count("rare") in (1, 2)
