"""Words by which people name machines, in English and German, brought to one form."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import snowballstemmer

_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_NUMBERS = (
    "one eins, two zwei, three drei, four vier, five fünf, six sechs, seven sieben, eight acht, "
    "nine neun, ten zehn, eleven elf, twelve zwölf"
)
_SAME = {
    "press": "presse",
    "compressor": "kompressor",
    "mill": "fräse fräsmaschine",
    "lathe": "drehmaschine drehbank",
    "grinder": "schleifmaschine",
    "moulding": "spritzgießmaschine spritzgussmaschine molding moulder",
    "chiller": "kältemaschine kaltwassersatz rückkühler",
    "conveyor": "förderband förderer",
    "robot": "roboter",
    "oven": "ofen",
    "furnace": "industrieofen",
    "pump": "pumpe",
    "saw": "säge",
    "dryer": "trockner",
    "mixer": "mischer",
    "extruder": "extruder",
    "line": "linie",
    "machine": "maschine anlage",
}
"""What a kind of machine is called in German, or in the other English."""
NUMBER_SIGNS = frozenset({"no", "nr", "number", "nummer", "num"})
BEFORE_A_NAME = frozenset(
    """the this that our my your their its which a an on at of for in from with
    der die das dem den des dieser diese diesem diesen unsere unserer unserem unser meine meiner
    ein eine einer einem einen welche welcher an am auf bei von vom für in im zur zum
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
"""After these a word that may also be a verb is a noun."""
MEASURES = frozenset(
    """s sec secs second seconds sekunde sekunden min mins minute minutes minuten h hour hours
    stunde stunden day days tage time times mal x bar mbar psi mm cm m um kg g t l ml v a ma kw w
    hz rpm nm kn n c degc degf grad percent prozent strokes cycles parts pieces keys buttons
    turns steps of von
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
"""A number in front of these counts something."""
GENERIC = "machin"


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a number of a text and where it stands."""

    key: str
    """The same for all forms of a word, and for 3, 03 and three behind a word."""
    text: str
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        """Whether it is written in digits or is a small number in words."""
        return self.key.isdigit()


def words_of(text: str) -> list[Word]:
    """Words and numbers in order; `no.` in front of a number is left out."""
    words = [Word(key_of(m.group()), m.group(), *m.span()) for m in _TOKEN.finditer(text)]
    counted = {id(a) for a, b in pairwise(words) if b.is_number}
    return [w for w in words if not (w.text.casefold() in NUMBER_SIGNS and id(w) in counted)]


@lru_cache(maxsize=4096)
def key_of(word: str) -> str:
    """One form for `Presse`, `presses` and `press`; digits without leading zeros."""
    if word.isdecimal():
        return str(int(word)) if len(word) < 10 else word
    return _KEYS.get(_stem(word), _stem(word))


def _stem(word: str) -> str:
    folded = unicodedata.normalize("NFKC", word).casefold()
    found: str = snowballstemmer.stemmer("german").stemWord(folded)
    return found


_KEYS = {
    **{_stem(other): _stem(word) for word, others in _SAME.items() for other in others.split()},
    **{
        _stem(word): str(number)
        for number, words in enumerate(_NUMBERS.split(", "), start=1)
        for word in words.split()
    },
}
