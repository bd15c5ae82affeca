"""What the arms of a comparison learnt from, kept so that its outcome can be followed later."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ingest.errors import SettingsFault
from service.comparison.nouns import Item, Known
from service.judged import finite
from service.sealed_file import read_sealed, write_sealed

KNOWN = "known.jsonl"
KIND = "andon examples"
AGAIN = "Compare again: what a comparison left cannot be mended."


def write_known(folder: Path, known: Known) -> None:
    """Keep it in the folder of a comparison."""
    content = _form().dump_json(portable(known))
    write_sealed(folder / KNOWN, content, kind=KIND)


def read_known(folder: Path) -> Known:
    """What a comparison learnt from.

    Raises:
        SettingsFault: it is not there, was changed, or is not of the form that we write.
    """
    try:
        return _form().validate_json(read_sealed(folder / KNOWN, kind=KIND), strict=True)
    except ValidationError as fault:
        words = f"{folder / KNOWN} is not of a form that we write."
        raise SettingsFault(words, remedy=AGAIN) from fault
    except SettingsFault as fault:
        raise SettingsFault(fault.message, remedy=AGAIN) from fault


def portable(known: Known) -> Known:
    """Without what only this machine has, and without what JSON has no word for."""
    examples = tuple(_sayable(item) for item in known.examples)
    codes = tuple(
        replace(row, code=_letters(row.code), meaning=_letters(row.meaning)) for row in known.codes
    )
    task = replace(known.task, data=None)
    return replace(known, task=task, examples=examples, codes=codes)


def _sayable(item: Item) -> Item:
    return replace(item, text=_letters(item.text), numbers=finite(item.numbers))


def _letters(text: str) -> str:
    """With a question mark for half a letter, which a careless writer of JSON leaves."""
    return text.encode("utf-8", "replace").decode("utf-8")


@cache
def _form() -> TypeAdapter[Known]:
    return TypeAdapter(Known)
