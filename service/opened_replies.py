"""What the service sends when a citation is opened: a page, and what stands on it."""

from __future__ import annotations

from pydantic import Field

from service.document_replies import DocumentOut
from service.schemas import Noun, example


class PartOut(Noun):
    """Words of a line, marked or not."""

    text: str
    marked: bool


class LineOut(Noun):
    """One line of a document's text, as untrusted as the document."""

    kind: str = Field(description="heading, text, step, bullet, warning or row.")
    parts: tuple[PartOut, ...]
    level: int
    cells: tuple[tuple[str, str], ...] = Field(description="Of a row: column names and cells.")


class PictureOut(Noun):
    """The page as it was printed: fetch `pages/{page}.png` with the same passage."""

    width: int
    height: int
    boxes: tuple[tuple[float, float, float, float], ...] = Field(
        description="Where it is marked, line by line: left, top, right, bottom in pixels."
    )


class OpenedOut(Noun):
    """One page of a document."""

    model_config = example(
        document=DocumentOut.model_config["json_schema_extra"]["examples"][0],  # type: ignore[index]
        in_force=True,
        in_force_revision="C",
        page=2,
        page_label="2",
        pages=3,
        marked_pages=[2],
        picture={"width": 1240, "height": 1754, "boxes": [[121.6, 629.8, 985.1, 652.9]]},
        lines=[],
        words="5. Blow the fins out against the direction of the air flow.",
        note="",
    )
    document: DocumentOut
    in_force: bool = Field(description="Whether it may be worked by today.")
    in_force_revision: str | None = Field(description="The revision to work by today, if any.")
    page: int
    page_label: str = Field(description="What is printed on the page, else its number.")
    pages: int
    marked_pages: tuple[int, ...] = Field(description="Pages on which the passage stands.")
    picture: PictureOut | None
    lines: tuple[LineOut, ...] = Field(description="The text, where there is no picture.")
    words: str = Field(description="What is marked.")
    note: str = Field(description="What a reader should know: read by OCR, changed since.")
