"""A summary or a handover on a terminal: headline, sections, sentences, evidence in the margin."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from service.cli.options import console

if TYPE_CHECKING:
    from datetime import datetime

    from rich.table import Table

    from ingest.vocabulary import Statement, Summary

MOST_CITED = 6
_SPAN = {"en": "{start} to {end}", "de": "{start} bis {end} Uhr"}
_MOMENT = {"en": "%-d %b %Y %H:%M", "de": "%d.%m.%Y %H:%M"}
_CLOCK = "%H:%M"


def tell(summary: Summary, *, language: str, timezone: str) -> None:
    """Print it for a person."""
    from prompting.phrases import PHRASES

    _line(summary.headline, "bold")
    _line(_span(summary, language, ZoneInfo(timezone)), "dim")
    for section, statements in groupby(summary.statements, key=lambda s: _heading(summary, s)):
        if section:
            console.print()
            _line(PHRASES[language][f"section.{section}"], "bold")
        console.print(_listed(list(statements)))
    console.print()
    _line(f"{summary.engine} {summary.model}".strip() + f", {summary.prompt}", "dim")
    for words in (*summary.replaced, summary.note):
        if words:
            _line(words, "dim")


def _line(words: str, style: str) -> None:
    console.print(words, style=style, markup=False, highlight=False)


def _heading(summary: Summary, statement: Statement) -> str:
    """Sections are told where there are several."""
    several = len({one.section for one in summary.statements}) > 1
    return statement.section if several else ""


def _span(summary: Summary, language: str, zone: ZoneInfo) -> str:
    start, end = summary.start.astimezone(zone), summary.end.astimezone(zone)
    return _SPAN[language].format(
        start=_moment(start, _MOMENT[language]),
        end=_moment(end, _CLOCK if start.date() == end.date() else _MOMENT[language]),
    )


def _moment(local: datetime, form: str) -> str:
    return local.strftime(form)


def _listed(statements: list[Statement]) -> Table:
    """One sentence a row, folded beside its mark; what it stands on is dimmed behind it."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for statement in statements:
        text = Text(statement.text)
        text.append(_cited(statement), style="dim")
        grid.add_row("-", text)
    return grid


def _cited(statement: Statement) -> str:
    if not statement.evidence:
        return ""
    shown = ", ".join(statement.evidence[:MOST_CITED])
    more = ", ..." if len(statement.evidence) > MOST_CITED else ""
    return f" [{shown}{more}]"
