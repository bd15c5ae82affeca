"""What kinds of prompt there are: the form of the reply, and what a template is given for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from prompting.schema import summary_schema
from prompting.tasks.forms import (
    answer_schema,
    fields_schema,
    label_schema,
    rewrite_schema,
    unaided_schema,
)
from prompting.templates import Offered

EXAMPLES = frozenset({"given", "reply"})
_IDS = re.compile(r"^\[(E\d{4,})\]", re.M)
_PASSAGES = re.compile(r"^\[(P\d+)\]", re.M)


@dataclass(frozen=True, slots=True)
class Kind:
    """One form of reply, which front matter names as `schema`."""

    offered: Offered
    """The values that code puts into a template of this kind."""
    limits: frozenset[str]
    """The limits of the front matter that mean something."""
    schema_for: Callable[[str, int], Mapping[str, Any]]
    """The schema of the reply to an example: what it is given, and most sentences."""
    sample: Mapping[str, Any]
    """Values to fill a template with on trial, and to show it."""


def _summary_of(given: str, statements: int) -> Mapping[str, Any]:
    return summary_schema(_IDS.findall(given) or [""], statements)


def _answer_to(given: str, sentences: int) -> Mapping[str, Any]:
    return answer_schema(_PASSAGES.findall(given) or [""], sentences)


KINDS: Mapping[str, Kind] = {
    "summary": Kind(
        offered={
            **dict.fromkeys(("scope", "start", "end", "evidence", "left_out", "statements")),
            "examples": EXAMPLES,
        },
        limits=frozenset({"style", "statements", "items", "tokens"}),
        schema_for=_summary_of,
        sample={
            "scope": "press-3",
            "start": "2026-11-22 06:00",
            "end": "2026-11-22 14:00",
            "evidence": (
                "[E0001] limit_violation | warning | still so | machine press-3 | "
                "signals oil_temp | direction up\n"
                "  peak 71.3 °C | limit 65.0 °C | duration 5 min | start 09:02 | end 09:30"
            ),
            "left_out": 3,
            "statements": 6,
        },
    ),
    "fields": Kind(
        offered={"note": None, "machines": frozenset(), "examples": EXAMPLES},
        limits=frozenset({"characters"}),
        schema_for=lambda *_: fields_schema(None),
        sample={"note": '"press-3: replaced 2 hoses"', "machines": ("press-3", "mill-1")},
    ),
    "rewrite": Kind(
        offered={"note": None, "examples": EXAMPLES},
        limits=frozenset({"characters"}),
        schema_for=lambda *_: rewrite_schema(),
        sample={"note": '"press-3 E217 agn - chk cooler!!"'},
    ),
    "label": Kind(
        offered={
            "text": None,
            "labels": frozenset({"name", "description"}),
            "shots": frozenset({"text", "label"}),
            "entries": frozenset({"code", "meaning"}),
            "examples": EXAMPLES,
        },
        limits=frozenset({"characters"}),
        schema_for=lambda *_: label_schema(None),
        sample={
            "text": '"pump 2 drips at the seal"',
            "labels": (
                {"name": "leak", "description": "something runs out"},
                {"name": "noise", "description": ""},
            ),
            "shots": ({"text": '"oil under the gearbox"', "label": '"leak"'},),
            "entries": ({"code": '"E310"', "meaning": '"Seal of the pump leaks"'},),
        },
    ),
    "unaided": Kind(
        offered={"question": None, "examples": EXAMPLES},
        limits=frozenset({"characters"}),
        schema_for=lambda *_: unaided_schema(),
        sample={"question": '"what torque for the cooler fittings?"'},
    ),
    "answer": Kind(
        offered={
            "question": None,
            "earlier": frozenset(),
            "passages": frozenset({"id", "title", "section", "text"}),
            "statements": None,
            "examples": EXAMPLES,
        },
        limits=frozenset({"statements", "items", "characters"}),
        schema_for=_answer_to,
        sample={
            "question": '"what torque for the cooler fittings?"',
            "earlier": ('"E217 on press 3, what do I do?"',),
            "passages": (
                {
                    "id": "P1",
                    "title": '"Cleaning the oil cooler"',
                    "section": '"Procedure"',
                    "text": '"8. Tighten the cooler fittings with 60 Nm."',
                },
            ),
            "statements": 5,
        },
    ),
}
