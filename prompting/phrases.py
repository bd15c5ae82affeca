"""The sentences of the deterministic writer, with slots, in every language it speaks."""

from __future__ import annotations

from collections.abc import Mapping

from prompting.phrases_de import GERMAN
from prompting.phrases_en import ENGLISH

Phrases = Mapping[str, str]

PHRASES: Mapping[str, Phrases] = {"en": ENGLISH, "de": GERMAN}
"""Some name parts such as `{span}` that `prompting.sentences` puts in before the slots are used."""
