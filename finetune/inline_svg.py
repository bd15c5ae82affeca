"""A figure as SVG that stands inside a page: the page's colours and font, no style of its own.

A page whose policy lets no inline style through takes attributes and classes only. A colour is
drawn with a stand-in and comes out as a class, so that the page says what it is, by day and night.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
INKS = (
    *("ink", "soft", "grid", "paper", "target"),
    *("prompt", "rag", "finetune", "cascade", "other"),
)
"""Colours that a page gives; each is drawn with its own stand-in."""
STAND_INS: Mapping[str, str] = {name: f"#0000{10 + at:02x}" for at, name in enumerate(INKS)}
NAMES = {colour: name for name, colour in STAND_INS.items()}
SIZE = re.compile(r"([\d.]+)px")
NOT_XML = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no document may hold, or that nobody could see."""


def inline_svg(figure: Figure, *, name: str, words: str) -> str:
    """The figure as an `svg` element; `words` say to those who do not see it what it shows."""
    import matplotlib as mpl

    sink = StringIO()
    # The texts stay texts, and the same figures give the same ids, unlike those of other pictures.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(sink, format="svg", metadata={"Date": None, "Creator": None})
    drawn = NOT_XML.sub(" ", sink.getvalue())
    root = ET.fromstring(drawn)  # noqa: S314 - what matplotlib wrote just now
    for element in root.iter():
        _restyle(element)
    _strip(root)
    label = NOT_XML.sub(" ", words)
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-label": label}
    root.set("class", f"plot plot-{name}")
    return ET.tostring(root, encoding="unicode")


def _strip(root: ET.Element) -> None:
    """Without what a page does not need, and with plain names of the tags."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in {f"{SVG}style", f"{SVG}metadata"} or not isinstance(child.tag, str):
                parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        if element.tag == "g":
            element.attrib.pop("id", None)  # other pictures of the page have the same
        if (target := element.attrib.pop(f"{XLINK}href", None)) is not None:
            element.set("href", target)


def _restyle(element: ET.Element) -> None:
    """Its style as attributes; stand-ins as classes."""
    style = element.attrib.pop("style", "")
    classes = []
    for declaration in filter(None, (part.strip() for part in style.split(";"))):
        attribute, value = (part.strip() for part in declaration.split(":", 1))
        if attribute in {"fill", "stroke"} and value in NAMES:
            classes.append(f"{attribute}-{NAMES[value]}")
        elif attribute == "font":
            element.set("font-size", _size(value))
        elif attribute != "font-family":
            element.set(attribute, value)
    if classes:
        element.set("class", " ".join(classes))


def _size(font: str) -> str:
    found = SIZE.search(font)
    return found[1] if found else "8"
