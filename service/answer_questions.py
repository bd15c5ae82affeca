"""Verdicts on answers as questions of an evaluation, in the lines that `docs evaluate` reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from service.database import Database
from service.judged_answers import JudgedAnswer, Place
from service.ledger import Ledger, Verdict

RIGHT = "right"
KIND = "feedback"
Line = dict[str, Any]


def questions_of(verdicts: Iterable[Verdict]) -> list[Line]:
    """A line for each question whose right place people have told; of several the newest counts.

    An answer that was wrong, and of which nobody said where the right one stands, gives none.
    """
    newest: dict[tuple[str, str], tuple[str, Verdict, JudgedAnswer]] = {}
    for said in verdicts:
        if said.answered is not None:
            about = said.answered
            newest[about.question.casefold(), about.machine] = (said.subject, said, about)
    lines = (_line(subject, said, about) for subject, said, about in newest.values())
    return [line for line in lines if line is not None]


def as_lines(questions: Sequence[Line]) -> str:
    """JSON lines."""
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in questions)


def questions_in(history: Path) -> list[Line]:
    """Those of a home; none where nothing was judged yet."""
    if not history.is_file():
        return []
    with Database(history) as database:
        return questions_of(Ledger(database).verdicts())


def _line(subject: str, said: Verdict, about: JudgedAnswer) -> Line | None:
    right = _right_place(said, about)
    declined = said.verdict == RIGHT and about.declined
    if right is None and not declined:
        return None
    scope = {name: getattr(about, name) for name in ("machine", "machine_kind", "language")}
    answer = {"declined": True} if right is None else {"expected": [_expected(right)]}
    return {
        "id": subject,
        "question": about.question,
        **{name: value for name, value in scope.items() if value},
        "kind": KIND,
        **answer,
        "source": KIND,
        **({"note": said.comment} if said.comment else {}),
    }


def _right_place(said: Verdict, about: JudgedAnswer) -> Place | None:
    return about.cited if said.verdict == RIGHT else about.right


def _expected(place: Place) -> Line:
    """Without the revision: a newer one is right as well."""
    page = {"page": place.page} if place.page is not None else {}
    return {"document": place.document, **page}
