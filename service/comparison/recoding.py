"""A change of the codes as a plant makes it: identifiers renumbered, labels renamed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.identifiers import normalise_code, spans
from service.comparison.nouns import CodeRow, Item, Known

_DIGITS = re.compile(r"[0-9]+")
_NUMBER = re.compile(r"(?<![\w.,/:+-])[0-9]{3,}(?![\w/:-]|[.,]\d)")
"""A bare number that may be a code where a table knows it."""
_MOST_DIGITS = 18
"""Of one number that are moved, the last ones; a table may hold thousands of digits."""


@dataclass(frozen=True, slots=True)
class Recoding:
    """The same everywhere: in items, in examples and in the code table."""

    labels: Mapping[str, str]
    """New names by old ones, of those that are renamed."""
    numbers: frozenset[str]
    """Codes of the table that are a bare number."""
    seed: int

    def text(self, text: str) -> str:
        """With its identifiers renumbered."""
        found = [(start, end) for start, end, _ in spans(text)]
        found += [one.span() for one in _NUMBER.finditer(text) if one.group() in self.numbers]
        done, end_of_last = "", 0
        for start, end in sorted(found):
            if start >= end_of_last:
                done += text[end_of_last:start] + self.code(text[start:end])
                end_of_last = end
        return done + text[end_of_last:]

    def code(self, code: str) -> str:
        """Its longest run of digits moved on, the same for all of that length: no two meet."""
        runs = list(_DIGITS.finditer(code))
        if not runs:
            return code
        run = max(runs, key=lambda one: one.end() - one.start())
        start = max(run.start(), run.end() - _MOST_DIGITS)
        length = run.end() - start
        step = int(np.random.default_rng([self.seed, length]).integers(1, 10**length))
        moved = (int(code[start : run.end()]) + step) % 10**length
        return f"{code[:start]}{moved:0{length}d}{code[run.end() :]}"

    def item(self, item: Item) -> Item:
        """The item after the change."""
        label = self.labels.get(item.label, item.label)
        return replace(item, text=self.text(item.text), label=label)

    def row(self, row: CodeRow) -> CodeRow:
        """The row of the table after the change."""
        return replace(
            row,
            code=self.code(row.code),
            meaning=self.text(row.meaning),
            label=self.labels.get(row.label, row.label),
        )

    def known(self, known: Known) -> Known:
        """Everything that is known, after the change."""
        names = self.labels
        task = replace(
            known.task,
            labels=tuple(
                replace(one, name=names.get(one.name, one.name)) for one in known.task.labels
            ),
            quiet=names.get(known.task.quiet, known.task.quiet),
        )
        return replace(
            known,
            task=task,
            examples=tuple(map(self.item, known.examples)),
            codes=tuple(map(self.row, known.codes)),
        )

    def told(self, items: Sequence[Item], known: Known) -> str:
        """The change in words."""
        texts = [*(item.text for item in items), *(item.text for item in known.examples)]
        codes = {normalise_code(row.code) for row in known.codes if _DIGITS.search(row.code)}
        count = len(codes | _codes_in(texts))
        renumbered = f"{count} identifiers renumbered in items, examples and code table; "
        renamed = f"{len(self.labels)} of {len(known.labels)} labels renamed"
        return f"{renumbered if count else ''}{renamed}"


def recoding_of(known: Known, *, seed: int) -> Recoding:
    """Renumbers every identifier and renames every other label, the commonest first."""
    sizes = Counter(item.label for item in known.examples)
    ranked = sorted(known.labels, key=lambda name: (-sizes[name], known.labels.index(name)))
    return Recoding(
        labels={name: _new_name(name, known.labels) for name in ranked[::2]},
        numbers=frozenset(row.code for row in known.codes if _NUMBER.fullmatch(row.code)),
        seed=seed,
    )


def _new_name(name: str, taken: Sequence[str]) -> str:
    """The old words with a mark behind them, so that its meaning stays."""
    new = f"{name[:180]} (revised)"
    while new in taken:
        new += "*"
    return new


def _codes_in(texts: Iterable[str]) -> set[str]:
    return {code for text in texts for _, _, codes in spans(text) for code in codes[:1]}
