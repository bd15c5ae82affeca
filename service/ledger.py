"""What the service said and what people said about it: predictions, feedback, replies."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from finetune.task import Task
from ingest.errors import DataFault, NotKnown
from ingest.instants import microseconds
from service.database import Database
from service.judged import Judged
from service.judged_answers import JudgedAnswer
from service.labelled import Feedback, labelled, true_labels

KEPT = timedelta(days=90)
"""How long predictions are kept for feedback."""
REMEMBERED = timedelta(hours=24)
"""How long the reply to an Idempotency-Key is repeated."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person says about a prediction, a card or an answer."""

    kind: str
    subject: str
    verdict: str
    label: str
    comment: str
    who: str
    about: Judged = field(default_factory=Judged)
    """What it judges, as far as a lesson can be drawn from it."""
    answered: JudgedAnswer | None = None
    """The answer that it judges, for the questions of an evaluation."""


class Ledger:
    """Keeps them in history.db."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._once = threading.Lock()

    def keep(self, kind: str, said: Any, at: datetime) -> str:
        """Keep a prediction; the id under which feedback can name it."""
        return self.keep_all(kind, [said], at)[0]

    def keep_all(self, kind: str, said: Sequence[Any], at: datetime) -> list[str]:
        """Keep what one request was answered, all or nothing; an id for each."""
        identities = [f"{kind[0]}{uuid4().hex[:16]}" for _ in said]
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM given_answers WHERE at < ?", (microseconds(at - KEPT),))
            connection.executemany(
                "INSERT INTO given_answers VALUES (?, ?, ?, ?)",
                [
                    (identity, kind, microseconds(at), json.dumps(one, default=str))
                    for identity, one in zip(identities, said, strict=True)
                ],
            )
        return identities

    def kept(self, kind: str, identity: str) -> dict[str, Any]:
        """What was said under that id; NotKnown when nothing was."""
        rows = self._database.rows(
            "SELECT body FROM given_answers WHERE id = ? AND kind = ?", (identity, kind)
        )
        if not rows:
            raise NotKnown(f"There is no {kind} {identity}.")
        body: dict[str, Any] = json.loads(rows[0][0])
        return body

    def judge(self, verdict: Verdict, at: datetime) -> int:
        """Keep what a person says; its number."""
        with self._database.transaction() as connection:
            number = connection.execute(
                "INSERT INTO feedback (at, kind, subject, verdict, label, comment, who, about, "
                "answered) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    microseconds(at),
                    verdict.kind,
                    verdict.subject,
                    verdict.verdict,
                    verdict.label,
                    verdict.comment,
                    verdict.who,
                    verdict.about.written(),
                    verdict.answered.written() if verdict.answered else "",
                ),
            ).lastrowid
        return int(number or 0)

    def verdicts(self) -> list[Verdict]:
        """All feedback, oldest first."""
        rows = self._database.rows(
            "SELECT kind, subject, verdict, label, comment, who, about, answered FROM feedback "
            "ORDER BY number"
        )
        return [
            Verdict(
                *(kind, subject, verdict, label, comment, who),
                Judged.read(about),
                JudgedAnswer.read(said) if said else None,
            )
            for kind, subject, verdict, label, comment, who, about, said in rows
        ]

    def verdicts_on(self, answer: str) -> list[Verdict]:
        """Feedback on one answer, oldest first."""
        return [one for one in self.verdicts() if (one.kind, one.subject) == ("answer", answer)]

    def lessons(self, task: Task) -> Feedback:
        """The labelled rows that the verdicts give a task."""
        return labelled(self._database, task)

    def truths(self, task: str) -> dict[str, str]:
        """By subject what people say that it was, where they agree."""
        return true_labels(self._database, task)

    def once(
        self, key: str, request: bytes, work: Callable[[], dict[str, Any]], *, at: datetime
    ) -> dict[str, Any]:
        """Do the work once for a key; the same request again gets the first reply.

        Raises:
            DataFault: the key came before with another request.
        """
        fingerprint = hashlib.sha256(request).hexdigest()
        with self._once:
            rows = self._database.rows(
                "SELECT request, reply FROM idempotency WHERE key = ?", (key,)
            )
            if rows and rows[0][0] != fingerprint:
                raise DataFault("This Idempotency-Key came before with another body.")
            if rows:
                reply: dict[str, Any] = json.loads(rows[0][1])
                return reply
            done = work()
            self._remember(key, fingerprint, done, at=at)
        return done

    def _remember(self, key: str, fingerprint: str, reply: dict[str, Any], *, at: datetime) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM idempotency WHERE at < ?", (microseconds(at - REMEMBERED),)
            )
            connection.execute(
                "INSERT INTO idempotency VALUES (?, ?, ?, ?)",
                (key, fingerprint, microseconds(at), json.dumps(reply)),
            )
