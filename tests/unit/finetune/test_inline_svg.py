"""A figure inside a page: attributes and classes only, texts as texts, the same bytes again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from xml.etree import ElementTree as ET

import pytest

from finetune.comparison_plots import (
    Curve,
    Line,
    Mark,
    draw_consistency,
    draw_cost,
    draw_curve,
    draw_latency,
    draw_quality,
    draw_total,
)
from finetune.inline_svg import STAND_INS

HOSTILE = "</svg><script>alert(1)</script> $x$ 液\x01"
MARKS = (
    Mark("prompt", HOSTILE, 0.4, 0.3, 0.5, at=0.0),
    Mark("finetune", "Fine-tuning", 1.0, 1.0, 1.0, at=600.0),
    Mark("other", "other", 0.5, 0.4, 0.6, at=30.0, main=False),
)
PICTURES: Mapping[str, Callable[[], str]] = {
    "quality": lambda: draw_quality(MARKS, target=0.8, chance=0.75, words=HOSTILE),
    "curve": lambda: draw_curve(
        [Curve("rag", HOSTILE, MARKS[:2]), Curve("prompt", "one", MARKS[:1])],
        target=0.8,
        words=HOSTILE,
    ),
    "cost": lambda: draw_cost(MARKS, target=0.8, per=f"{HOSTILE} per item", words=HOSTILE),
    "latency": lambda: draw_latency(MARKS, words=HOSTILE),
    "consistency": lambda: draw_consistency(["again", "typos"], [MARKS, MARKS], words=HOSTILE),
    "total": lambda: draw_total(
        [Line("rag", "a", 0.0, 0.0), Line("prompt", "b", 9.0, 1.0)],
        currency="$",
        span=(100.0, 1e6),
        words=HOSTILE,
    ),
}


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    """Every picture of a comparison."""
    return {name: draw() for name, draw in PICTURES.items()}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_has_no_style_and_no_colour_of_its_own(drawn: dict[str, str], name: str) -> None:
    """Nothing that a policy without inline style would stop, and nothing but drawing."""
    root = ET.fromstring(drawn[name])  # it is well formed, whatever stands in it
    allowed = {"svg", "g", "path", "use", "defs", "clipPath", "rect", "text"}
    assert {element.tag for element in root.iter()} <= allowed
    for element in root.iter():
        assert "style" not in element.attrib
        for attribute in ("fill", "stroke"):
            assert element.get(attribute, "none") == "none", element.attrib
        assert element.get("href", "#").startswith("#")
    assert not set(STAND_INS.values()) & set(re.findall(r"#[0-9a-f]{6}", drawn[name]))


@pytest.mark.parametrize("name", ["quality", "latency"])
def test_texts_stay_texts(drawn: dict[str, str], name: str) -> None:
    """To be read, found and copied; a dollar is no formula."""
    root = ET.fromstring(drawn[name])
    texts = ["".join(element.itertext()) for element in root.iter("text")]
    assert any("<script>" in text and "$x$" in text for text in texts)
    assert "<script>" in root.attrib["aria-label"]
    assert "\x01" not in drawn[name]


def test_the_same_figures_are_the_same_bytes(drawn: dict[str, str]) -> None:
    """And no picture uses the parts of another."""
    assert PICTURES["quality"]() == drawn["quality"]
    ids = [part for text in drawn.values() for part in re.findall(r'\bid="([^"]+)"', text)]
    assert len(ids) == len(set(ids)) > len(PICTURES)
