"""Draws one page of a PDF in a process of its own, with the words of a passage marked.

Started by rag/drawing.py as a script: a hostile file meets only PDFium, under limits on CPU time,
memory and output that the process sets on itself. Prints one line of JSON, then the PNG.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom; in pixels of the picture."""

WIDTH, HEIGHT_MAX = 1240, 3500
"""Pixels: an A4 page at 150 dpi; a longer page is drawn narrower."""
CHARACTERS_MAX = 60_000
COLOURS_MAX = 4096
MARK = (255, 221, 51)
_MARGIN = 1.5
"""Pixels around the marked words."""


def limit(cpu_s: int, memory_mb: int, output_mb: int) -> None:
    """Let the kernel end this process when it takes more; where the system has such limits."""
    try:
        import resource
    except ImportError:  # Windows: the wall-clock limit of the parent remains
        return
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    resource.setrlimit(resource.RLIMIT_FSIZE, (output_mb << 20, output_mb << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def draw(path: str, number: int, asked: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """What is known of the page, and its picture.

    Args:
        asked: `words` and the `heading` above them; `boxes` in shares of the page, to be marked
            when the words are only part of a picture.
    """
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    count = len(document)
    if not 1 <= number <= count:
        return {"fault": f"it has {count} pages", "pages": count}, b""
    page = document[number - 1]
    scale = scale_of(*page.get_size())
    picture = page.render(scale=scale).to_pil().convert("RGB")
    characters, boxes = characters_of(page, picture.size)
    marked = rectangles(characters, boxes, asked["words"], asked["heading"])
    marked = marked or [enlarged(box, picture.size) for box in asked["boxes"]]
    about = {
        "pages": count,
        "width": picture.width,
        "height": picture.height,
        "boxes": [[round(edge, 1) for edge in each] for each in marked],
    }
    return about, png(highlighted(picture, marked))


def scale_of(width: float, height: float) -> float:
    """Pixels for each point, so that the picture stays within its bounds.

    Raises:
        ValueError: the page has no size.
    """
    if not (0 < width < 1e7 and 0 < height < 1e7):
        raise ValueError(f"the page measures {width:g} by {height:g} points")
    return min(WIDTH / width, HEIGHT_MAX / height)


def characters_of(page: Any, size: tuple[int, int]) -> tuple[list[str], list[Rectangle]]:
    """The characters of a page in reading order, and where each stands on the picture."""
    text = page.get_textpage()
    count = min(text.count_chars(), CHARACTERS_MAX)
    place = placer(page, size)
    characters, boxes = [], []
    for index in range(count):
        characters.append(character(text, index))
        boxes.append(place(text.get_charbox(index, loose=True)))
    return characters, boxes


def character(text: Any, index: int) -> str:
    """One character; PDFium gives 0 for what has no meaning, and a word cut in two a U+0002."""
    import pypdfium2.raw as raw

    code = raw.FPDFText_GetUnicode(text, index)
    return chr(code) if 31 < code < 0x110000 and not 0xD800 <= code < 0xE000 else " "


def placer(page: Any, size: tuple[int, int]) -> Any:
    """From points of the page, which may be turned or cropped, to pixels."""
    import ctypes

    import pypdfium2.raw as raw

    fine = 16  # PDFium answers in whole pixels
    width, height = size[0] * fine, size[1] * fine

    def corner(x: float, y: float) -> tuple[float, float]:
        across, down = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page, 0, 0, width, height, 0, x, y, across, down)
        return across.value / fine, down.value / fine

    def place(box: Sequence[float]) -> Rectangle:
        (x0, y0), (x1, y1) = corner(box[0], box[1]), corner(box[2], box[3])
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    return place


def rectangles(
    characters: Sequence[str], boxes: Sequence[Rectangle], words: str, heading: str
) -> list[Rectangle]:
    """One rectangle for each run of marked characters on a line."""
    from rag.marking import find_words

    spans = find_words(characters, words, heading=heading)
    return list(lines([each for first, last in spans for each in lines(boxes[first : last + 1])]))


def enlarged(box: Sequence[float], size: tuple[int, int]) -> Rectangle:
    """From shares of the page to pixels."""
    left, top, right, bottom = box
    return left * size[0], top * size[1], right * size[0], bottom * size[1]


def lines(boxes: Sequence[Rectangle]) -> Iterator[Rectangle]:
    """Boxes side by side as one; a new one where the line ends or a column begins."""
    there = [box for box in boxes if box[2] > box[0] and box[3] > box[1]]
    if runs_down(there):
        yield from (mirrored(run) for run in runs([mirrored(box) for box in there]))
    else:
        yield from runs(there)


def runs_down(boxes: Sequence[Rectangle]) -> bool:
    """Whether the characters follow each other down or up the picture."""
    across = sum(abs(after[0] - box[0]) for box, after in pairwise(boxes))
    return sum(abs(after[1] - box[1]) for box, after in pairwise(boxes)) > across


def mirrored(box: Rectangle) -> Rectangle:
    """With across and down exchanged."""
    return box[1], box[0], box[3], box[2]


def runs(boxes: Sequence[Rectangle]) -> Iterator[Rectangle]:
    """What stands on one line without a wide gap, as one."""
    run: Rectangle | None = None
    for box in boxes:
        if run is not None and beside(run, box):
            left, top = min(run[0], box[0]), min(run[1], box[1])
            run = (left, top, max(run[2], box[2]), max(run[3], box[3]))
            continue
        if run is not None:
            yield run
        run = box
    if run is not None:
        yield run


def beside(run: Rectangle, box: Rectangle) -> bool:
    """Whether a character goes on with a line."""
    height = min(run[3] - run[1], box[3] - box[1])
    overlap = min(run[3], box[3]) - max(run[1], box[1])
    gap = max(box[0] - run[2], run[0] - box[2])
    return overlap > 0.5 * height and gap < 1.5 * height


def highlighted(picture: Any, marked: Sequence[Rectangle]) -> Any:
    """The picture with the marked places as if by a highlighter: dark stays dark."""
    if not marked:
        return picture
    from PIL import Image, ImageChops, ImageDraw

    layer = Image.new("RGB", picture.size, (255, 255, 255))
    pen = ImageDraw.Draw(layer)
    for left, top, right, bottom in marked:
        edges = (left - _MARGIN, top - _MARGIN, right + _MARGIN, bottom + _MARGIN)
        pen.rectangle(edges, fill=MARK)
    return ImageChops.multiply(picture, layer)


def png(picture: Any) -> bytes:
    """The picture with a palette, unless it holds a photograph."""
    packed = io.BytesIO()
    plain = picture.getcolors(COLOURS_MAX) is not None
    (picture.quantize(64, dither=0) if plain else picture).save(packed, "PNG")
    return packed.getvalue()


def main(arguments: list[str]) -> None:
    """`page_worker.py FILE PAGE CPU_S MEMORY_MB OUTPUT_MB`; the words come as JSON."""
    path, number, cpu_s, memory_mb, output_mb = arguments
    asked = json.load(sys.stdin)
    limit(int(cpu_s), int(memory_mb), int(output_mb))
    sys.path.append(str(Path(__file__).resolve().parents[1]))  # last, so that it hides nothing
    picture = b""
    try:
        about, picture = draw(path, int(number), asked)
    except MemoryError:
        about = {"fault": f"drawing it takes more than {memory_mb} MB of memory"}
    except Exception as fault:  # noqa: BLE001 - whatever a broken file raises ends this process only
        reason = " ".join(str(fault).split())[:200].rstrip(".") or type(fault).__name__
        about = {"fault": f"it cannot be drawn: {reason}"}
    sys.stdout.buffer.write(json.dumps(about).encode() + b"\n" + picture)


if __name__ == "__main__":
    main(sys.argv[1:])
