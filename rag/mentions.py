"""Which machine a question is about, from its own words: `press 3`, `Press-3`, `die Presse 3`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag.machine_words import BEFORE_A_NAME, GENERIC, MEASURES, Word, words_of

_JOINS = re.compile(r"[\s\-_./#:]{0,3}(?:n(?:o|r|um|umber|ummer)\.?\s*#?)?", re.IGNORECASE)
_AND = re.compile(r"\s*(?:,|/|&|\u2013|and|or|und|oder)\s*", re.IGNORECASE)
_HELD_TOGETHER = re.compile(r"[\-_#]")
_PREFIX_OF_A_COMPOUND = 5
"""Letters before the noun: `Hydraulikpresse` is a press, `express` is none."""

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MachineName:
    """A machine of the plant and what people may call it."""

    id: str
    kind: str
    line: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mention:
    """What a question says about the machine; nothing at all where it says nothing."""

    machines: tuple[MachineName, ...] = ()
    """Those that may be meant."""
    unknown: str = ""
    """Words that name a machine which is not there, such as `press 9`."""
    rest: str = ""
    """The question without the words that name a single machine or a line."""

    @property
    def machine(self) -> MachineName | None:
        """The one that is meant; None when there are several or none."""
        return self.machines[0] if len(self.machines) == 1 else None

    @property
    def kind(self) -> str | None:
        """The kind of all that may be meant; None when there are several kinds or none."""
        kinds = {machine.kind for machine in self.machines}
        return kinds.pop() if len(kinds) == 1 else None


def mentioned(question: str, machines: Sequence[MachineName]) -> Mention:
    """The machine, the machines, the line or the kind of machine that a question names."""
    reader = _Reader(question, _Names(machines))
    spans = list(reader.spans())
    singles = [span for span in spans if span.single]
    named = [machine for span in singles for machine in span.machines]
    lines = [span for span in spans if span.line]
    rest = reader.without(span for span in spans if span.line or (span.single and span.machines))
    if singles and not named:
        first = singles[0]
        return Mention(unknown=question[first.start : first.end], rest=rest)
    meant = _once(named or [m for span in spans if not span.line for m in span.machines])
    on_line = [machine for span in lines for machine in span.machines]
    if on_line:
        meant = [m for m in meant if m in on_line] or ([] if meant else _once(on_line)) or meant
    return Mention(tuple(meant), rest=rest)


@dataclass(frozen=True, slots=True)
class _Span:
    """Words that name something: where they begin and end, and who is meant."""

    start: int
    end: int
    machines: Sequence[MachineName]
    single: bool = False
    """Names single machines; otherwise all of a kind or of a line."""
    line: bool = False


class _Names:
    """What the machines, lines and kinds of a plant are called, by the keys of their words."""

    def __init__(self, machines: Sequence[MachineName]) -> None:
        self.single: dict[Keys, list[MachineName]] = {}
        self.lines: dict[Keys, list[MachineName]] = {}
        self.kinds: dict[Keys, list[MachineName]] = {}
        for machine in machines:
            self._add(machine)
        names = [*self.single, *self.lines, *self.kinds]
        self.longest = max((len(keys) for keys in names), default=0)
        self.nouns = {keys[-1] for keys in self.kinds}
        self.adjectives = {key for keys in self.kinds for key in keys[:-1]}

    def _add(self, machine: MachineName) -> None:
        kind = _keys(machine.kind)
        for name in (machine.id, *machine.others):
            keys = _keys(name)
            for start in range(len(keys)):
                if start == 0 or (keys[-1].isdigit() and not keys[start].isdigit()):
                    _note(self.single, keys[start:], machine)
            if keys and keys[-1].isdigit() and kind:
                for noun in (kind, kind[-1:], (*kind, GENERIC), (GENERIC,)):
                    _note(self.single, (*noun, keys[-1]), machine)
        _note(self.lines, _keys(machine.line), machine)
        _note(self.kinds, kind, machine)
        _note(self.kinds, kind[-1:], machine)


class _Reader:
    """Walks over the words of one question; at each place the longest name counts."""

    def __init__(self, question: str, names: _Names) -> None:
        self.question = question
        self.names = names
        self.words = words_of(question)
        self.keys = [self._key(word) for word in self.words]

    def spans(self) -> Iterator[_Span]:
        at = 0
        while at < len(self.words):
            found = self._at(at)
            yield from (span for span, _ in found)
            at = found[-1][1] if found else at + 1

    def without(self, spans: Iterable[_Span]) -> str:
        """The question without these words; the whole of it where nothing would be left."""
        rest, at = "", 0
        for span in spans:
            if any(sign.isdigit() for sign in self.question[span.start : span.end]):
                rest, at = f"{rest}{self.question[at : span.start]} ", span.end
        kept = " ".join(f"{rest}{self.question[at:]}".split()) if at else self.question
        return kept if any(sign.isalnum() for sign in kept) else self.question

    def _key(self, word: Word) -> str:
        """Of the noun at the end of a German compound, if it is one."""
        for noun in self.names.nouns:
            before = len(word.key) - len(noun)
            if before >= _PREFIX_OF_A_COMPOUND and word.key.endswith(noun):
                return noun
        return word.key

    def _at(self, at: int) -> list[tuple[_Span, int]]:
        """What is named here, and the index of the word behind it."""
        for end in range(min(len(self.words), at + self.names.longest), at, -1):
            keys = tuple(self.keys[at:end])
            if not self._joined(at, end) or not self._whole(end):
                continue
            if len(keys[0]) == 1 and self._spaced(at, end):
                continue  # `a 4`, where a machine is called A4
            whole = len(keys) > 1 or keys[0].isdigit() or self._introduced(at)
            if keys in self.names.single and whole and not keys[0].isdigit():
                span = self._span(at, end, self.names.single[keys], single=True)
                return [(span, end), *self._further(keys, end)]
            if keys in self.names.lines and whole:
                return [(self._span(at, end, self.names.lines[keys], line=True), end)]
            if self._is_unknown(at, keys):
                return [(self._span(at, end, [], single=True), end)]
            if keys in self.names.kinds and whole:
                return [(self._span(at, end, self.names.kinds[keys]), end)]
        return []

    def _further(self, keys: Keys, end: int) -> Iterator[tuple[_Span, int]]:
        """The 4 of `press 3 or 4`."""
        while keys[-1].isdigit():
            at = end if self._is_number(end) else end + 1
            if not self._is_number(at) or not self._whole(at + 1):
                return
            if not _AND.fullmatch(self.question[self.words[end - 1].end : self.words[at].start]):
                return
            meant = self.names.single.get((*keys[:-1], self.keys[at]), [])
            end = at + 1
            yield self._span(at, end, meant, single=True), end

    def _is_number(self, at: int) -> bool:
        return at < len(self.words) and self.words[at].text.isdecimal()

    def _is_unknown(self, at: int, keys: Keys) -> bool:
        """A kind of machine with a number that no machine of it has."""
        if len(keys) != 2 or keys[0] not in self.names.nouns or not keys[1].isdigit():
            return False
        between = self.question[self.words[at].end : self.words[at + 1].start]
        return bool(_HELD_TOGETHER.search(between)) or self._introduced(at)

    def _spaced(self, at: int, end: int) -> bool:
        return " " in self.question[self.words[at].start : self.words[end - 1].end]

    def _joined(self, at: int, end: int) -> bool:
        pairs = zip(self.words[at : end - 1], self.words[at + 1 : end], strict=True)
        return all(_JOINS.fullmatch(self.question[a.end : b.start]) for a, b in pairs)

    def _whole(self, end: int) -> bool:
        """Nothing is cut in two: no `3.5`, no `3 seconds`, no `press-3a`."""
        last = self.words[end - 1]
        behind = self.question[last.end : last.end + 2]
        if behind[:1].isalnum() or behind[:1] == "_" or re.match(r"[.,:]\d|-\w", behind):
            return False
        if not self.keys[end - 1].isdigit() or end == len(self.words):
            return behind[:1] not in ("%", "\u00b0")
        between = self.question[last.end : self.words[end].start]
        return bool(between.strip()) or self.words[end].text.casefold() not in MEASURES

    def _introduced(self, at: int) -> bool:
        """Whether the word is a noun here: `on the press`, never `press the button`."""
        word = self.words[at]
        if word.text[0].isupper() and word.text.casefold() not in (word.key, self.keys[at]):
            return True
        before = at - 1
        while before >= 0 and self.keys[before] in self.names.adjectives:
            before -= 1
        return before >= 0 and self.words[before].text.casefold() in BEFORE_A_NAME

    def _span(
        self,
        at: int,
        end: int,
        machines: Sequence[MachineName],
        *,
        single: bool = False,
        line: bool = False,
    ) -> _Span:
        begin, behind = self.words[at].start, self.words[end - 1].end
        return _Span(begin, behind, machines, single=single, line=line)


def _keys(name: str) -> Keys:
    return tuple(word.key for word in words_of(name))


def _note(names: dict[Keys, list[MachineName]], keys: Keys, machine: MachineName) -> None:
    if keys and machine not in names.setdefault(keys, []):
        names[keys].append(machine)


def _once(machines: Iterable[MachineName]) -> list[MachineName]:
    return list(dict.fromkeys(machines))
