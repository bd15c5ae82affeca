"""The figures of an evaluation as tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from service.cli.options import console, print_table

_GROUPS = {
    "by_document_kind": "By kind of document",
    "by_question_kind": "By kind of question",
    "by_language": "By language of the question",
}
_INSIDE = {*_GROUPS, "thresholds", "curve", "calibration", "false_answers_by_kind"}


def show_figures(result: Mapping[str, Any]) -> None:
    """The figures, then a table for each group of them."""
    print_table(("figure", "value"), list(_plain(result)))
    for name, title in _GROUPS.items():
        if rows := result.get(name):
            console.print(f"\n{title}", highlight=False)
            names = ["", *next(iter(rows.values()))]
            print_table(
                names, [[key, *map(_text, row.values())] for key, row in rows.items()], wide=True
            )
    if points := result.get("thresholds"):
        console.print("\nFalse answers against answers", highlight=False)
        print_table(list(points[0]), [[*map(_text, point.values())] for point in points])
    if made := result.get("calibration"):
        _show_calibration(made)


def _show_calibration(made: Mapping[str, Any]) -> None:
    console.print("\nCalibration, judged on questions that it was not chosen on", highlight=False)
    rows = [
        [name, _text(made["before"][name]), _text(made["after"][name])] for name in made["after"]
    ]
    print_table(("", "as it is", "chosen anew in each fold"), rows)
    chosen = ", ".join(f"{name} {_text(value)}" for name, value in made["chosen"].items())
    console.print(f"Best on all questions: {chosen}.", markup=False, highlight=False)
    print_table(("fusion", "ndcg_at_10"), [[name, _text(v)] for name, v in made["tried"].items()])
    if written := made.get("written_to"):
        console.print(
            f"Written to {written}; in force when the library is next opened.", markup=False
        )
    elif "written_to" in made:
        console.print("Nothing is written: what is in force ranks better.")


def _plain(result: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in result.items():
        if isinstance(value, Mapping) and name not in _INSIDE:
            yield from ((f"{name} {inner}", _text(v)) for inner, v in value.items())
        elif name not in _INSIDE:
            yield name, _text(value)
    for kind, share in result.get("false_answers_by_kind", {}).items():
        yield f"false answers: {kind}", _text(share)


def _text(value: object) -> str:
    return "-" if value is None else str(value)
