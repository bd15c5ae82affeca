"""Follow-up questions: what is left out of a question is taken from those before it, by rule.

`And after that?`, `how long?`, `what torque?` and `and E218?` lean on the question before; a
question that says what it is about does not, and is not bent by what was asked before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rag.identifiers import find_codes
from rag.own_words import own_words
from rag.wanted import Want, wanted

MOST_TURNS = 6
"""How many earlier questions are looked at."""
FEW = 3
"""With fewer words than this of its own, a question that points back is about what was asked
before; one for a value with one less."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was answered before, and what was cited for it."""

    question: str
    machine: str | None = None
    passages: tuple[str, ...] = ()
    """Ids of the passages that the answer cited, in their order."""


class Leaning(StrEnum):
    """How a question hangs on those before it."""

    NOT = "not"
    ON_WORDS = "on words"
    """It says too little by itself: the words of the question before are added."""
    ON_PLACE = "on place"
    """It asks for what comes next."""


@dataclass(frozen=True, slots=True)
class Following:
    """A question with what it takes from those before it."""

    leaning: Leaning = Leaning.NOT
    words: str = ""
    """To look for; as it was asked where it leans on nothing."""
    machine: str | None = None
    """Of the conversation."""
    places: tuple[tuple[str, ...], ...] = ()
    """What was cited, the last answer first, back to the question that leaned on nothing."""


_NEXT = re.compile(
    r"^\W*(?:and |so |ok\w*,? )*"
    r"(?:(?:what(?:'s| is| comes| do i do| to do)? )?(?:after|next|then)\b"
    r"(?: that| this| it)?|(?:and )?then(?: what)?|what then|go on|continue|"
    r"(?:und )?(?:dann|danach|weiter|anschließend)\b|(?:und )?was (?:kommt|ist|mache ich|folgt) "
    r"(?:dann|danach|als nächstes)|wie geht(?:'s| es)? weiter|nächster schritt|next step)"
    r"[\w ]{0,12}\W*$",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"\b(?:it|its|that|this|these|those|them|they|there|same|dabei|damit|davon|dafür|dort|"
    r"diese[rmsn]?|ihn|ihm|denselben|dasselbe)\b",
    re.IGNORECASE,
)
_ALSO = re.compile(r"^\W*(?:and|und|also|what about|how about|auch|was ist mit)\b", re.IGNORECASE)


def follow(question: str, earlier: Sequence[Turn]) -> Following:
    """The question as it is to be looked for."""
    turns = list(earlier)[-MOST_TURNS:]
    if not turns:
        return Following(words=question)
    thread = _thread(turns)
    root = thread[-1].question
    machine = next((turn.machine for turn in thread if turn.machine), None)
    places = tuple(turn.passages for turn in thread if turn.passages)
    if _NEXT.match(question):
        return Following(Leaning.ON_PLACE, root, machine, places)
    if not _leans(question):
        return Following(words=question, machine=machine)
    words = question if find_codes(question) else f"{question} {root}"
    return Following(Leaning.ON_WORDS, words, machine, places)


def _leans(question: str) -> bool:
    """Whether a question says too little by itself."""
    own = own_words(question)
    if find_codes(question):
        return bool(_ALSO.match(question)) and len(own) <= FEW
    if not own:
        return True
    is_value = wanted(question).want is Want.VALUE
    points_back = bool(_BACK.search(question) or _ALSO.match(question))
    return len(own) < (FEW if points_back else FEW - 1 if is_value else 1)


def _thread(turns: Sequence[Turn]) -> list[Turn]:
    """The last turns back to the one whose question leaned on nothing, the last one first."""
    thread = []
    for turn in reversed(turns):
        thread.append(turn)
        if not (_NEXT.match(turn.question) or _leans(turn.question)):
            break
    return thread
