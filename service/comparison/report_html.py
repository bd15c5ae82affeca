"""A comparison as one HTML file: decision first, a picture for each figure, no outside asset."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from service.comparison.nouns import Report

if TYPE_CHECKING:
    from jinja2 import Template

FILE = "report.html"
ROOM = Path(__file__).parent
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def report_html(report: Report) -> str:
    """The whole page; what labels and texts say is escaped."""
    from service.comparison.report_view import view_of

    style = (ROOM / "report.css").read_text(encoding="utf-8")
    page = _template().render(view=view_of(report), style=style, policy=_policy(style))
    return page.strip() + "\n"


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


def policy_of(page: str) -> str:
    """What a browser may do with such a page: show it in its own style, nothing else."""
    found = STYLE.search(page)
    return _policy(found[1] if found else "")


def _policy(style: str) -> str:
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    rooms = FileSystemLoader(ROOM)
    own = Environment(
        loader=rooms,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return own.get_template("report.html")
