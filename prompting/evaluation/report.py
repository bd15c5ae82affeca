"""The results as a folder: a page of the figures and of the misses by kind, and all as JSON."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from prompting.evaluation.run import Results

PAGE, FIGURES = "index.html", "figures.json"


def write_report(results: Results, folder: Path) -> Path:
    """The page that was written; the folder is made."""
    folder.mkdir(parents=True, exist_ok=True)
    record = results.record()
    (folder / FIGURES).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    template = files("prompting.evaluation").joinpath("report.html").read_text(encoding="utf-8")
    page = Environment(autoescape=True, undefined=StrictUndefined).from_string(template)
    path = folder / PAGE
    path.write_text(page.render(record=record, arms=record["arms"]), encoding="utf-8")
    return path
