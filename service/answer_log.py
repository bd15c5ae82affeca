"""Every answer from the documents with its passages, its scope and its caller, for the audit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from pydantic import TypeAdapter

from ingest.errors import NotKnown
from ingest.instants import instant, microseconds
from ingest.vocabulary import Answer, Citation
from rag.conversation import Turn
from service.access import Caller
from service.database import Database
from service.faults import Conflict

ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)
ANSWERS_KEPT = timedelta(days=365)
"""How long an answer is kept, unless the settings say otherwise."""
CONVERSATION_KEPT = timedelta(hours=8)
"""After so long without a question a conversation is over."""
MOST_TURNS = 50
"""Questions of a conversation."""
TURNS_GIVEN = 6
"""The newest of them, which a question may refer to."""
UNJUDGED = "none"
_VERDICT = (
    "(SELECT verdict FROM feedback f WHERE f.kind = 'answer' AND f.subject = asked.id "
    "ORDER BY f.number DESC LIMIT 1)"
)
_COLUMNS = f"id, at, caller, role, conversation, body, {_VERDICT}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what it was answered, about to be kept."""

    answer: Answer
    caller: Caller
    conversation: str
    scope: Mapping[str, Any] = field(default_factory=dict)
    """What could be quoted at all: machine, kind, reader, language, codes of the card."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was given, whatever became of its documents."""

    id: str
    at: datetime
    caller: str
    role: str
    conversation: str
    scope: dict[str, Any]
    answer: Answer
    verdict: str
    """The newest of a person; empty: none."""

    @property
    def passages(self) -> tuple[Citation, ...]:
        """What it stood on, or came nearest, with the words of that time."""
        conflicting = (side for one in self.answer.conflicts for side in (one.newer, one.older))
        every = (*self.answer.citations, *conflicting, *self.answer.nearest)
        return tuple({cited.passage: cited for cited in every}.values())


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which answers; None: no restriction."""

    machine: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    declined: bool | None = None
    verdict: str | None = None
    """`right`, `wrong` or `none`."""
    before: str | None = None
    """Id of an answer: only older ones."""


class AnswerLog:
    """Keeps them in history.db."""

    def __init__(self, database: Database, kept: timedelta = ANSWERS_KEPT) -> None:
        self._database = database
        self._kept = kept

    def keep(self, asked: Asked, at: datetime) -> str:
        """Keep an answer; the id under which feedback and the audit find it."""
        identity = f"a{uuid4().hex[:16]}"
        answer, caller = asked.answer, asked.caller
        body = {"answer": asdict(answer), "scope": dict(asked.scope)}
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM asked WHERE at < ?", (microseconds(at - self._kept),))
            connection.execute(
                "INSERT INTO asked (id, at, caller, key, role, machine, conversation, declined, "
                "body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(identity, microseconds(at), caller.name, caller.key, caller.role),
                    *(answer.machine or "", asked.conversation, int(answer.declined)),
                    json.dumps(body, default=str),
                ),
            )
        return identity

    def find(self, identity: str) -> Kept:
        """The answer of that id; NotKnown when there is none, or none any more."""
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM asked WHERE id = ?", (identity,))
        if not rows:
            raise NotKnown(f"There is no answer {identity}.")
        return _read(rows[0])

    def listed(self, wanted: Wanted, *, limit: int) -> list[Kept]:
        """Those that are wanted, newest first."""
        clauses, values = ["1"], list[Any]()
        for clause, value in self._filters(wanted):
            clauses.append(clause)
            values += [] if value is None else [value]
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM asked WHERE {' AND '.join(clauses)} "
            "ORDER BY number DESC LIMIT ?",
            [*values, limit],
        )
        return [_read(row) for row in rows]

    def begin(self) -> str:
        """The id of a new conversation, which nobody can guess."""
        return f"c{uuid4().hex}"

    def turns(self, conversation: str, caller: Caller, at: datetime) -> tuple[Turn, ...]:
        """The newest questions of a conversation, oldest first.

        Raises:
            NotKnown: there is none of that id, it is over, or it is somebody else's.
            Conflict: it has gone on long enough.
        """
        rows = self._database.rows(
            "SELECT at, body FROM asked WHERE conversation = ? AND key = ? AND caller = ? "
            "ORDER BY number DESC LIMIT ?",
            (conversation, caller.key, caller.name, MOST_TURNS),
        )
        if not conversation or not rows or instant(rows[0][0]) < at - CONVERSATION_KEPT:
            raise NotKnown(
                f"There is no conversation {conversation[:40]!r} of yours, or it is over.",
                remedy="Ask without one: a new one begins.",
            )
        if len(rows) >= MOST_TURNS:
            raise Conflict(
                f"The conversation has {MOST_TURNS} questions.",
                remedy="Ask without one: a new one begins.",
            )
        return tuple(_turn(body) for _, body in reversed(rows[:TURNS_GIVEN]))

    def counts(self) -> dict[bool, int]:
        """How many were answered and how many declined, of those kept."""
        rows = self._database.rows("SELECT declined, count(*) FROM asked GROUP BY declined")
        return {bool(declined): int(count) for declined, count in rows}

    def _filters(self, wanted: Wanted) -> Iterator[tuple[str, Any]]:
        if wanted.machine is not None:
            yield "machine = ?", wanted.machine
        if wanted.start is not None:
            yield "at >= ?", microseconds(wanted.start)
        if wanted.end is not None:
            yield "at < ?", microseconds(wanted.end)
        if wanted.declined is not None:
            yield "declined = ?", int(wanted.declined)
        if wanted.verdict == UNJUDGED:
            yield f"{_VERDICT} IS NULL", None
        elif wanted.verdict is not None:
            yield f"{_VERDICT} = ?", wanted.verdict
        if wanted.before is not None:
            yield "number < ?", self._number(wanted.before)

    def _number(self, identity: str) -> int:
        rows = self._database.rows("SELECT number FROM asked WHERE id = ?", (identity,))
        if not rows:
            raise NotKnown(f"There is no answer {identity}.")
        return int(rows[0][0])


def _read(row: tuple[Any, ...]) -> Kept:
    identity, at, caller, role, conversation, body, verdict = row
    said = json.loads(body)
    return Kept(
        id=identity,
        at=instant(at),
        caller=caller,
        role=role,
        conversation=conversation,
        scope=said["scope"],
        answer=ANSWER.validate_python(said["answer"]),
        verdict=verdict or "",
    )


def _turn(body: str) -> Turn:
    answer = ANSWER.validate_python(json.loads(body)["answer"])
    return Turn(
        question=answer.question,
        machine=answer.machine,
        passages=tuple(cited.passage for cited in answer.citations),
    )
