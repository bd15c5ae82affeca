"""Texts, numbers and codes are changed by rule: visibly, repeatably, and not in their sense."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.task import Label, Task, TaskKind
from rag.identifiers import find_codes
from service.comparison.near_numbers import columns_turned, digit_changed
from service.comparison.nouns import CodeRow, Item, Known
from service.comparison.recoding import recoding_of
from service.comparison.rewording import reworded
from service.comparison.typos import mistyped

texts = st.text(min_size=1).filter(lambda text: bool(text.strip()))
sayings = st.lists(
    st.sampled_from(
        ["pump", "not", "working", "E217", "A/C", "due", "to", "P-0301", "wieder", "defekt"]
    ),
    min_size=1,
).map(" ".join)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("pump is leaking due to E-217", "pump has a leak because of E-217"),
        ("NOT WORKING", "OUT OF ORDER"),
        ("Pumpe läuft nicht an", "Pumpe startet nicht"),
        ("Defekt an der Presse, wieder E217", "Kaputt an der Presse, erneut E217"),
        ("not-working sticker", "not-working sticker - that is all."),
        ("loose-leaf binder", "loose-leaf binder - that is all."),
        ("BEGIN 062 has not stopped", "BEGIN 062 hasn't stopped"),
        ("i\u017f not cold", "isn't cold"),
    ],
)
def test_words_are_exchanged_for_words_of_the_same_sense(text: str, other: str) -> None:
    """In the language of the text and with its capitals."""
    assert reworded(text, seed=3) == other


@given(texts, st.integers(0, 2**32))
def test_any_text_can_be_said_otherwise(text: str, seed: int) -> None:
    """Also one in no known language, and the same seed says the same."""
    assert reworded(text, seed=seed) == reworded(text, seed=seed) != text


@given(texts, st.integers(0, 2**32))
def test_any_text_can_be_mistyped(text: str, seed: int) -> None:
    """Also one without a word, and the same seed slips in the same places."""
    assert mistyped(text, seed=seed) == mistyped(text, seed=seed) != text


@given(sayings, st.integers(0, 2**32))
def test_identifiers_stay_as_they_are(text: str, seed: int) -> None:
    """Another code would be another question."""
    assert find_codes(reworded(text, seed=seed)) == find_codes(text)
    assert find_codes(mistyped(text, seed=seed)) == find_codes(text)


def test_a_long_text_has_more_slips_than_a_short_one() -> None:
    """One for every eight words that can bear one."""
    words = [f"{'abcdefghijklmnopqrstuvwxyz'[at]}lternate" for at in range(24)]
    wrong = mistyped(" ".join(words), seed=1).split()
    assert sum(one != other for one, other in zip(words, wrong, strict=True)) == 3
    assert all(one[0] == other[0] for one, other in zip(words, wrong, strict=True))


@given(st.dictionaries(st.text(max_size=3), st.floats(allow_nan=True)), st.integers(0, 2**32))
def test_columns_are_turned_and_kept(numbers: dict[str, float], seed: int) -> None:
    """Every column with its number, and not as they stood where there are two."""
    turned = columns_turned(numbers, seed=seed)
    assert {name: repr(value) for name, value in turned.items()} == {
        name: repr(value) for name, value in numbers.items()
    }
    assert len(numbers) < 2 or list(turned) != list(numbers)


@given(
    st.dictionaries(st.text(max_size=3), st.floats(1e-6, 1e12) | st.integers(1, 10**9), min_size=1),
    st.integers(0, 2**32),
)
def test_one_number_moves_by_a_last_digit(numbers: dict[str, float], seed: int) -> None:
    """By something, and by no more than a hundredth."""
    moved = digit_changed(numbers, seed=seed)
    changed = [name for name in numbers if moved[name] != numbers[name]]
    assert len(changed) == 1
    value = numbers[changed[0]]
    assert abs(moved[changed[0]] - value) <= abs(value) * 0.010001


def test_the_step_is_that_of_the_number_as_written() -> None:
    """A tenth where it has one place."""
    assert digit_changed({"temp": 61.2}, seed=1)["temp"] in (
        pytest.approx(61.1),
        pytest.approx(61.3),
    )
    assert digit_changed({"off": 0.0, "none": float("nan")}, seed=1)["off"] == 0.0
    assert all(digit_changed({"off": 0.0, "on": 5.0}, seed=seed)["on"] != 5.0 for seed in range(9))


def test_a_slip_always_shows_and_spares_the_first_letter() -> None:
    """Two equal letters are never swapped."""
    slips = {mistyped("laaal", seed=seed) for seed in range(60)}
    assert "laaal" not in slips
    assert {slip[0] for slip in slips} == {"l"}


def test_capitals_stand_in_for_a_slip_where_no_word_can_bear_one() -> None:
    """And a full stop where there is nothing but a code."""
    assert mistyped("A/C off, E217 P-0301", seed=1) == "a/c OFF, E217 P-0301"
    assert mistyped("E217", seed=1) == "E217."


def known(codes: list[str]) -> Known:
    task = Task("t", TaskKind.TEXT, (Label("a"), Label("a (revised)"), Label("b")))
    return Known(task, (Item("x", label="a"),), tuple(CodeRow(code, "m", "a") for code in codes))


@given(
    st.lists(st.from_regex(r"[A-Z]{1,3}-?[0-9]{1,5}", fullmatch=True), unique=True), st.integers(0)
)
def test_no_two_codes_become_one(codes: list[str], seed: int) -> None:
    """And each is another than before."""
    recoding = recoding_of(known(codes), seed=seed % 2**32)
    new = [recoding.code(code) for code in codes]
    assert len(set(new)) == len(codes)
    assert all(one != other for one, other in zip(codes, new, strict=True))


def test_a_code_of_thousands_of_digits_is_renumbered() -> None:
    """A hostile table must not keep the change from being measured."""
    code = "E" + "7" * 6000
    moved = recoding_of(known([code]), seed=4).code(code)
    assert (len(moved), moved != code) == (len(code), True)


def test_a_code_is_renumbered_alike_wherever_it_stands() -> None:
    """In a table, in a sentence, behind a word such as alarm; quantities stay."""
    recoding = recoding_of(known(["E217", "116"]), seed=4)
    new, number = recoding.code("E217"), recoding.code("116")
    assert recoding.text("E217 again, 24 V at 6.5 bar") == f"{new} again, 24 V at 6.5 bar"
    assert recoding.text("alarm 116, then 116") == f"alarm {number}, then {number}"
    assert recoding_of(known([]), seed=4).text("116 parts") == "116 parts"


def test_a_row_that_names_another_code_is_renumbered_as_a_whole() -> None:
    """Else its meaning would send people to a code that is gone."""
    recoding = recoding_of(known(["E217"]), seed=4)
    row = recoding.row(CodeRow("E217", "as E218, but at rest", "b", "HP-MAN"))
    meaning = f"as {recoding.code('E218')}, but at rest"
    assert row == CodeRow(recoding.code("E217"), meaning, "b (revised)", "HP-MAN")


def test_the_quiet_label_stays_the_quiet_one_under_its_new_name() -> None:
    """The task still means by it that nothing is wrong."""
    old = known([])
    old = replace(old, task=replace(old.task, quiet="b"))
    new = recoding_of(old, seed=1).known(old)
    assert new.task.quiet == "b (revised)"


def test_what_was_changed_is_counted_where_it_stands() -> None:
    """In examples and items as well, each code once however it is written."""
    few = known(["E-217"])
    few = replace(few, examples=(Item("E217, then E218", label="a"),))
    recoding = recoding_of(few, seed=1)
    told = "identifiers renumbered in items, examples and code table; 2 of 3 labels renamed"
    assert recoding.told([Item("e 219")], few) == f"3 {told}"
    assert recoding.told([], known([])) == "2 of 3 labels renamed"


def test_a_new_name_is_no_old_one() -> None:
    """Else two labels would be one."""
    assert recoding_of(known([]), seed=1).labels == {"a": "a (revised)*", "b": "b (revised)"}
