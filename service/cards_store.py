"""The issue cards, kept in history.db so that they survive a restart."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from ingest.errors import NotKnown, StoreFault
from ingest.instants import instant, microseconds
from ingest.vocabulary import Answer, Diagnosis, Evidence, Issue, IssueState, Severity, Summary
from service.database import Database
from service.faults import Conflict

ISSUE: TypeAdapter[Issue] = TypeAdapter(Issue)
BY_ITSELF = "no symptom any more"
"""Resolution of a card that nobody closed."""
CLOSED = "closed"
"""Tag of a resolved card: `by hand` or `by itself`."""
BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class NewCard:
    """A card about to be opened."""

    machine: str
    line: str
    severity: Severity
    title: str
    evidence: tuple[Evidence, ...]
    since: datetime
    """Start of the first symptom."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What the three paths say about a card; None where they have not spoken yet."""

    summary: Summary | None = None
    diagnosis: Diagnosis | None = None
    defect: Diagnosis | None = None
    procedure: Answer | None = None


class CardStore:
    """Cards by number; at most one that is not resolved for each machine."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, card: NewCard, at: datetime) -> Issue:
        """Keep a new card and give it its id.

        Raises:
            Conflict: the machine has an open card.
        """
        with self._database.transaction() as connection:
            found = connection.execute(
                "SELECT 1 FROM cards WHERE machine = ? AND state <> ?",
                (card.machine, IssueState.RESOLVED),
            ).fetchone()
            if found:
                raise Conflict(f"{card.machine} has an open card already.")
            number = connection.execute(
                "INSERT INTO cards (machine, state, opened, body) VALUES (?, ?, ?, '')",
                (card.machine, IssueState.OPEN, microseconds(at)),
            ).lastrowid
            issue = Issue(
                id=f"I{number:05d}",
                machine=card.machine,
                line=card.line,
                state=IssueState.OPEN,
                severity=card.severity,
                title=card.title,
                opened_at=at,
                updated_at=at,
                resolved_at=None,
                evidence=card.evidence,
                tags={"since": card.since.isoformat()},
            )
            _put(connection, issue)
        return issue

    def find(self, issue: str) -> Issue:
        """The card with that id; NotKnown otherwise."""
        rows = self._database.rows("SELECT body FROM cards WHERE number = ?", (_number(issue),))
        if not rows:
            raise NotKnown(f"There is no issue {issue}.")
        return _read(rows[0][0])

    def listed(
        self,
        *,
        states: Sequence[IssueState] = (),
        machine: str | None = None,
        among: Collection[str] | None = None,
        limit: int = 100,
    ) -> list[Issue]:
        """Cards, newest first; of that machine, of the machines `among` them."""
        wanted = [str(state) for state in states or tuple(IssueState)]
        query = f"SELECT body FROM cards WHERE state IN ({','.join('?' * len(wanted))})"
        values: list[str | int] = [*wanted]
        if machine is not None:
            query += " AND machine = ?"
            values.append(machine)
        if among is not None:
            query += f" AND machine IN ({','.join('?' * len(among))})"
            values.extend(among)
        rows = self._database.rows(f"{query} ORDER BY number DESC LIMIT ?", [*values, limit])
        return [_read(body) for (body,) in rows]

    def open_at(self, moment: datetime, machines: Collection[str]) -> list[Issue]:
        """Cards of these machines that were not resolved at that time, oldest first."""
        rows = self._database.rows(
            "SELECT machine, body FROM cards WHERE opened <= ? AND "
            "(resolved IS NULL OR resolved > ?) ORDER BY number",
            (microseconds(moment), microseconds(moment)),
        )
        return [_read(body) for machine, body in rows if machine in machines]

    def last(self, machine: str) -> Issue | None:
        """The newest card of a machine, open or not."""
        return next(iter(self.listed(machine=machine, limit=1)), None)

    def times(self, machine: str, since: datetime) -> list[tuple[datetime, datetime | None]]:
        """From when to when the machine had an open card, oldest first."""
        rows = self._database.rows(
            "SELECT opened, resolved FROM cards WHERE machine = ? AND "
            "(resolved IS NULL OR resolved >= ?) ORDER BY number",
            (machine, microseconds(since)),
        )
        return [(instant(opened), instant(end) if end else None) for opened, end in rows]

    def counts(self) -> dict[str, int]:
        """Cards by state."""
        rows = self._database.rows("SELECT state, count(*) FROM cards GROUP BY state")
        return {str(state): int(count) for state, count in rows}

    def watched(
        self,
        issue: str,
        *,
        severity: Severity,
        title: str,
        evidence: tuple[Evidence, ...],
        at: datetime,
    ) -> Issue:
        """Keep what the watch sees now; a card that someone resolved meanwhile stays as it is."""

        def seen(card: Issue) -> Issue:
            if card.state is IssueState.RESOLVED:
                return card
            return replace(card, severity=severity, title=title, evidence=evidence, updated_at=at)

        return self._change(issue, seen)

    def advise(self, issue: str, advice: Advice, at: datetime) -> Issue:
        """Keep what the three paths say."""
        return self._change(
            issue,
            lambda card: replace(
                card,
                summary=advice.summary,
                diagnosis=advice.diagnosis,
                defect=advice.defect,
                procedure=advice.procedure,
                updated_at=at,
            ),
        )

    def acknowledge(self, issue: str, *, by: str, at: datetime) -> Issue:
        """Someone has seen it; a second time changes nothing, a resolved card is a Conflict."""

        def seen(card: Issue) -> Issue:
            if card.state is IssueState.RESOLVED:
                raise Conflict(f"Issue {card.id} is resolved already.")
            if card.state is IssueState.ACKNOWLEDGED:
                return card
            tags = {**card.tags, "acknowledged_by": by, "acknowledged_at": at.isoformat()}
            return replace(card, state=IssueState.ACKNOWLEDGED, updated_at=at, tags=tags)

        return self._change(issue, seen)

    def resolve(self, issue: str, *, resolution: str, by: str, at: datetime) -> Issue:
        """A person closes a card; a resolved one is a Conflict."""
        return self._close(issue, resolution, {CLOSED: BY_HAND, "resolved_by": by}, at=at)

    def expire(self, issue: str, at: datetime) -> Issue:
        """A card closes because nothing speaks for it any more; a resolved one is a Conflict."""
        return self._close(issue, BY_ITSELF, {CLOSED: "by itself"}, at=at)

    def _close(
        self, issue: str, resolution: str, tags: Mapping[str, str], *, at: datetime
    ) -> Issue:

        def closed(card: Issue) -> Issue:
            if card.state is IssueState.RESOLVED:
                raise Conflict(f"Issue {card.id} is resolved already.")
            return replace(
                card,
                state=IssueState.RESOLVED,
                updated_at=at,
                resolved_at=at,
                resolution=resolution,
                tags={**card.tags, **tags},
            )

        return self._change(issue, closed)

    def tag(self, issue: str, tags: Mapping[str, str], at: datetime) -> Issue:
        """Add tags, such as the verdict of an operator."""
        return self._change(
            issue, lambda card: replace(card, tags={**card.tags, **tags}, updated_at=at)
        )

    def _change(self, issue: str, change: Callable[[Issue], Issue]) -> Issue:
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT body FROM cards WHERE number = ?", (_number(issue),)
            ).fetchone()
            if row is None:
                raise NotKnown(f"There is no issue {issue}.")
            changed = change(_read(row[0]))
            _put(connection, changed)
        return changed


def _put(connection: sqlite3.Connection, issue: Issue) -> None:
    resolved = microseconds(issue.resolved_at) if issue.resolved_at else None
    connection.execute(
        "UPDATE cards SET state = ?, resolved = ?, body = ? WHERE number = ?",
        (issue.state, resolved, ISSUE.dump_json(issue).decode(), _number(issue.id)),
    )


def _read(body: str) -> Issue:
    try:
        return ISSUE.validate_json(body)
    except ValidationError as error:
        raise StoreFault(f"A stored issue card cannot be read: {error}.") from error


def _number(issue: str) -> int:
    """The row of an id; -1, which no row has, for what is no id."""
    digits = issue.removeprefix("I")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 18 else -1
