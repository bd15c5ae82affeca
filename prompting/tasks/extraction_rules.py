"""Machine, part, action and quantity of a note by rules and word lists: empty, never guessed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prompting.tasks.machine_names import machines_in
from prompting.tasks.note_words import Span, Term, clause_of, lexicon, span_of, terms_in, words_of
from prompting.tasks.quantities import Amount, amounts, number_of

MOST_COUNTED = 9999
ELSEWHERE = frozenset(
    [
        *("on", "at", "in", "from", "to", "for", "with", "by", "near"),
        *("an", "am", "im", "auf", "bei", "mit", "aus", "vom", "von", "zum", "neben"),
    ]
)
"""Behind these words stands where something was done, not what it was done to."""


@dataclass(frozen=True, slots=True)
class Named:
    """A machine of the plant and the words that name it."""

    id: str
    span: Span


@dataclass(frozen=True, slots=True)
class Found:
    """What the rules find in a note; None where it says nothing, or not clearly."""

    machine: Named | None = None
    part: Span | None = None
    action: Span | None = None
    quantity: Amount | None = None


def found_by_rule(note: str, machines: Sequence[str]) -> Found:
    """The four fields; each value stands in the note letter by letter."""
    named = [Named(machine, span) for machine, span in machines_in(note, machines)]
    text = without_machines(note, machines)
    words = words_of(text)
    parts, actions = tuple(_parts(text, words)), tuple(terms_in(text, words, "actions"))
    actions = tuple(term for term in actions if _is_done(term, parts, words))
    part = _part(words, actions[:1], parts, clauses=clause_of(text, words))
    return Found(
        machine=named[0] if len({item.id for item in named}) == 1 else None,
        part=_span(note, words, part) if part else None,
        action=_span(note, words, actions[0]) if actions else None,
        quantity=_quantity(text, words, parts),
    )


def without_machines(note: str, machines: Sequence[str]) -> str:
    """The note with commas for the names of machines, every place the same."""
    text = note
    for _, span in machines_in(note, machines):
        text = text[: span.start] + "," * (span.end - span.start) + text[span.end :]
    return text


def _is_done(action: Term, parts: Sequence[Term], words: Sequence[Span]) -> bool:
    """Not a word of a part's name, and neither forbidden nor left undone."""
    before = words[max(0, action.first - 2) : action.first]
    if any(lexicon().knows("negations", word.text) for word in before):
        return False
    return not any(part.first <= action.first <= part.last for part in parts)


def _span(note: str, words: Sequence[Span], term: Term) -> Span:
    return span_of(note, words, (term.first, term.last))


def _parts(text: str, words: Sequence[Span]) -> Iterator[Term]:
    """Each part with the words before it that say which one, such as `oil` of an oil cooler."""
    heads = list(terms_in(text, words, "parts"))
    clauses = clause_of(text, words)
    taken = -1
    for number, head in enumerate(heads):
        if number + 1 < len(heads) and _joined(head, heads[number + 1], text, words):
            continue
        first = head.first
        while (
            first - 1 > taken
            and clauses[first - 1] == clauses[head.last]
            and _says_which(heads, first - 1, words)
        ):
            first -= 1
        yield Term(head.concept, first, head.last)
        taken = head.last


def _joined(head: Term, following: Term, text: str, words: Sequence[Span]) -> bool:
    """Whether this part only says which one the next part is, as in `conveyor 2 motor`."""
    between = text[words[head.last].end : words[following.first].start].strip()
    return between == "" or between.isdecimal()


def _says_which(heads: Sequence[Term], number: int, words: Sequence[Span]) -> bool:
    if words[number].text.isdecimal():
        return number > 0 and _is_head(heads, number - 1)
    return _is_head(heads, number) or bool(lexicon().knows("modifiers", words[number].text))


def _is_head(heads: Sequence[Term], number: int) -> bool:
    return any(head.first <= number <= head.last for head in heads)


def _part(
    words: Sequence[Span], actions: Sequence[Term], parts: Sequence[Term], *, clauses: Sequence[int]
) -> Term | None:
    """What the action is done to: behind it, else before it in its clause; else the first part."""
    for action in actions:
        near = [part for part in parts if clauses[part.last] == clauses[action.first]]
        before = [part for part in near if part.last < action.first]
        behind = [part for part in near if _object_of(action, part, words)]
        if before or behind:
            return behind[0] if behind else before[-1]
    return parts[0] if parts else None


def _object_of(action: Term, part: Term, words: Sequence[Span]) -> bool:
    between = {word.text.lower() for word in words[action.last + 1 : part.first]}
    return part.first > action.last and between.isdisjoint(ELSEWHERE)


def _quantity(text: str, words: Sequence[Span], parts: Sequence[Term]) -> Amount | None:
    """The only amount of the note; None where there are several."""
    found = [*amounts(text), *_counts(text, words, parts)]
    distinct = {item.span.start: item for item in found}
    return next(iter(distinct.values())) if len(distinct) == 1 else None


def _counts(text: str, words: Sequence[Span], parts: Sequence[Term]) -> Iterator[Amount]:
    """Whole numbers right before a part, unless they number something: not `pump 2`."""
    heads = {part.first: part for part in parts}
    for number, word in enumerate(words[:-1]):
        plain = word.text.isdecimal() and word.text.isascii()
        if number + 1 not in heads or not plain or numbers_something(text, words, number):
            continue
        count = number_of(word.text)
        if count is not None and 0 < count <= MOST_COUNTED:
            yield Amount(count, "", word)


def numbers_something(text: str, words: Sequence[Span], number: int) -> bool:
    """Whether the word before that number says that it is a name, as in `pump 2`."""
    if not number:
        return False
    before = words[number - 1]
    between = text[before.end : words[number].start].strip(" \t")
    if between:
        return "#" in between
    known = lexicon()
    lists = ("ordinals", "parts")
    return any(known.knows(name, before.text) or known.ending(name, before.text) for name in lists)
