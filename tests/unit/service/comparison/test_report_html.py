"""The page of a comparison: decision first, everything escaped, nothing from outside."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from service.comparison.nouns import (
    Approach,
    Branch,
    ClassQuality,
    Decision,
    FailedArm,
    Report,
    Route,
)
from service.comparison.report_html import policy_of, report_html, write_html
from service.comparison.report_words import VERDICTS, arm_id, money, plain, seconds
from service.comparison.required import required
from tests.unit.service.comparison.report_example import example, quality

HOSTILE = (
    '</style></title><script>alert(1)</script><img src=//x onerror="a()"> {{ view }} \u202eevil'
)
ATTRIBUTES = {"src", "style", "href", "action", "xlink:href", "onload", "onerror", "srcset", "data"}
"""What could fetch, run or dress something."""


class Seen(HTMLParser):
    """Tags, attributes and texts as a browser finds them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


@cache
def page() -> str:
    return report_html(example())


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page without its pictures, which take most of the time."""
    monkeypatch.setattr("service.comparison.report_view.pictures", lambda *_: ())
    monkeypatch.setattr("service.comparison.report_view.quality_picture", lambda *_: None)


@pytest.fixture
def sketched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page with pictures of which only the name is there."""

    def finished(*_: object, name: str, **__: object) -> str:
        return f'<svg class="plot plot-{name}"></svg>'

    monkeypatch.setattr("finetune.comparison_plots._finished", finished)


def hostile() -> Report:
    """Every text that comes from a person or a file says something it should not."""
    report = example()
    classes = (ClassQuality(HOSTILE, 12, 0.4, HOSTILE),)
    bad = replace(quality(0.8), classes=classes)
    arms = tuple(
        replace(one, name=HOSTILE, model=HOSTILE, quality=bad, notes=(HOSTILE,))
        for one in report.arms
    )
    decision = Decision(
        Route.RAG, f"rag/{HOSTILE}", (Branch(HOSTILE, HOSTILE, HOSTILE),), (HOSTILE,)
    )
    failed = (FailedArm(Approach.PROMPT, HOSTILE, 0, HOSTILE),)
    cascades = tuple(replace(one, first=HOSTILE, then=HOSTILE) for one in report.cascades)
    return replace(
        report,
        task=HOSTILE,
        split=HOSTILE,
        machine=HOSTILE,
        model=HOSTILE,
        made_at=HOSTILE,
        versions={HOSTILE: HOSTILE},
        arms=arms,
        cascades=cascades,
        decision=decision,
        failed=failed,
        notes=(HOSTILE,),
    )


def test_the_decision_stands_first_and_what_it_stands_on_follows() -> None:
    """Verdict, reasons, what would change it, pictures, table, what was reckoned with."""
    order = [
        "Ask the cheap one first",
        "nearest-examples, then hybrid",
        "Does prompting reach the target?",
        "With about 120 more labels of seal_leak",
        "What more labels bring",
        "Consistency",
        "No code table was given",
        "Every candidate at every number of labels",
    ]
    places = [page().index(words, page().index("<body>")) for words in order]
    assert places == sorted(places)


def test_figures_stand_with_intervals_and_units() -> None:
    """As they were measured."""
    texts, report = " ".join(Seen(page()).texts), example()
    needed = required(report.arms, report.arms[11], report.target).words
    assert needed.startswith("about")
    for words in (
        "0.81 to 0.92",
        "0.29 EUR for a million",
        "11 ms",
        needed,
        "41.0 s",
        "21 % stale",
    ):
        assert words in texts, words


@pytest.mark.parametrize("made", [page, lambda: report_html(hostile())], ids=["plain", "hostile"])
def test_a_page_fetches_runs_and_dresses_nothing(made: Callable[[], str]) -> None:
    """No script, no style but the one of the page, no address but places in it."""
    text = made()
    seen = Seen(text)
    assert {"script", "img", "link", "iframe", "object", "form", "base"}.isdisjoint(seen.tags)
    assert seen.tags.count("style") == 1
    named = [(name, value) for name, value in seen.attributes if name in ATTRIBUTES]
    assert all(name == "href" and value.startswith("#") for name, value in named)
    assert not any(name.startswith("on") for name, _ in seen.attributes)
    assert not re.search(r"url\((?!#)|@import", text.replace("url(&quot;#", "url(#"))
    assert "\u202e" not in text


@pytest.mark.usefixtures("undrawn")
def test_hostile_words_are_shown_as_words() -> None:
    """Nobody is kept from reading what a label says."""
    texts = Seen(report_html(hostile())).texts
    assert any("<script>alert(1)</script>" in text for text in texts)
    assert any("{{ view }}" in text for text in texts)


def test_the_policy_lets_the_page_have_its_own_style_alone() -> None:
    """The hash is that of what stands in the page, as a browser reckons it."""
    style = page().split("<style>", 1)[1].split("</style>", 1)[0]
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy_of(page())
    policies = [value for name, value in Seen(page()).attributes if "default-src" in value]
    assert policies == [policy_of(page())]


def test_the_same_report_is_the_same_page_and_pictures_share_no_id() -> None:
    """Two pages can be compared; one picture does not take the parts of another."""
    assert report_html(example()) == page()
    ids = [value for name, value in Seen(page()).attributes if name == "id"]
    assert len(ids) == len(set(ids)) > 4
    used = set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", page()))
    assert {one or other for one, other in used} <= set(ids)


def test_pictures_take_their_colours_from_the_page() -> None:
    """By day and by night: no colour is left in them, and each has words."""
    pictures = re.findall(r"<svg viewBox=[^>]*class=\"plot.*?</svg>", page(), re.DOTALL)
    assert len(pictures) == 5
    for one in pictures:
        assert not re.search(r"#[0-9a-f]{6}\b", one.replace("href=", ""))
        assert re.search(r'aria-label="[^"]{20,}"', one)


@pytest.mark.parametrize("route", list(Route))
@pytest.mark.usefixtures("undrawn")
def test_every_verdict_has_its_page(route: Route) -> None:
    """Also where nothing reaches the target: then the closest is told."""
    report = example()
    arms = {str(one.approach): arm_id(one) for one in report.arms if one.chosen}
    arm = {**arms, "cascade": report.decision.arm}.get(route, "")
    decision = replace(report.decision, approach=route, arm=arm)
    text = report_html(replace(report, decision=decision))
    words = {**VERDICTS, Route.PROMPT: "Key words are enough"}[route]
    assert f"<h1>{words}</h1>" in re.sub(r"<svg class=\"shape.*?</svg>", "", text)
    assert ("Closest: nearest-examples, then hybrid" in text) is (route is Route.NONE)
    assert text.count('scope="col" class="taken"') == (route is not Route.NONE)
    assert "<dt>Macro-F1</dt>" in text


@pytest.mark.parametrize(
    ("name", "baseline", "words"),
    [
        ("key words", True, "Key words are enough"),
        ("commonest label", True, "A simple rule is enough"),
        ("zero-shot", False, "A prompt is enough"),
    ],
)
@pytest.mark.usefixtures("undrawn")
def test_what_stands_in_for_a_prompt_is_not_called_one(
    name: str, baseline: bool, words: str
) -> None:
    """No language model was asked: the headline does not praise one."""
    report = example()
    arm = replace(report.arms[0], name=name, baseline=baseline)
    decision = replace(report.decision, approach=Route.PROMPT, arm=arm_id(arm))
    text = report_html(replace(report, arms=(arm, *report.arms[1:]), decision=decision))
    assert f"<title>error_code: {words}" in text


@pytest.mark.usefixtures("undrawn")
def test_what_was_not_measured_is_left_out_and_what_failed_is_told() -> None:
    """One arm without further figures; no arm at all."""
    report = example()
    bare = replace(report.arms[0], consistency=None, flexibility=None, maintenance=None)
    failed = (FailedArm(Approach.FINETUNE, "hybrid", 784, "The encoder is missing."),)
    decision = Decision(Route.NONE, "", (), ())
    text = report_html(replace(report, arms=(bare,), cascades=(), failed=failed, decision=decision))
    assert "The encoder is missing." in text
    assert "Flexibility" not in text
    none = report_html(replace(report, arms=(), cascades=(), decision=decision))
    assert "Nothing could be measured." in none


@pytest.mark.usefixtures("undrawn")
def test_the_branch_that_decided_stands_under_the_headline() -> None:
    """Not one that was asked after it and denied; commands in it are told from words."""
    report = example()
    branches = (
        Branch("Does prompting reach it?", "yes", "By `andon compare`. And more."),
        Branch("Is a cascade cheaper?", "no", "It is not."),
    )
    decision = Decision(Route.PROMPT, "prompt/key words", branches, ("One ` alone.",))
    text = report_html(replace(report, decision=decision))
    assert '<p class="why">By <code>andon compare</code>.</p>' in text
    assert "<li>One ` alone.</li>" in text


@pytest.mark.usefixtures("sketched")
def test_pictures_are_drawn_of_what_there_is() -> None:
    """One arm that costs nothing and takes no time; none at all."""
    report = example()
    free = replace(report.arms[0], p50_ms=0.0, p95_ms=0.0, cost_per_1000=0.0, consistency=None)
    assert report_html(replace(report, arms=(free,), cascades=())).count('class="plot') == 3
    assert report_html(replace(report, arms=(), cascades=())).count('class="plot') == 0


@pytest.mark.usefixtures("sketched")
def test_what_costs_less_in_the_end_is_drawn() -> None:
    """Only where the order changes: one is paid by the token, the other was set up."""
    report = example()
    dear = replace(report.arms[0], cost_per_1000=5.0)
    text = report_html(replace(report, arms=(dear, *report.arms[1:])))
    assert "From 52,000 items on retrieval has cost less than prompting." in text
    assert text.count('class="plot plot-total"') == 1
    assert "plot-total" not in report_html(report)
    after_years = replace(report.arms[0], cost_per_1000=0.1)
    late = report_html(replace(report, arms=(after_years, *report.arms[1:])))
    assert "plot-total" not in late


@pytest.mark.usefixtures("undrawn")
def test_two_arms_of_one_approach_go_by_their_own_names() -> None:
    """As retrieval alone and retrieval with the prompt do."""
    report = example()
    two = [replace(one, name=f"{one.name} again") for one in report.arms if one.chosen][1:2]
    arms = (*report.arms[:7], *two)
    decision = replace(report.decision, approach=Route.RAG, arm=arm_id(two[0]))
    text = report_html(replace(report, arms=arms, cascades=(), decision=decision))
    assert "by the prompt alone, by retrieval, or by both?" in text
    heads = re.findall(
        r"<th scope=\"col\"( class=\"taken\")?>(?:<svg.*?</svg>)([^<]+)", text, re.DOTALL
    )
    taken = ' class="taken"'
    assert heads == [("", "Key words"), ("", "Nearest-examples"), (taken, "Nearest-examples again")]


@pytest.mark.usefixtures("undrawn")
def test_an_arm_at_the_level_of_chance_says_so() -> None:
    """Beside its figure stands what guessing has."""
    report = example()
    lucky = replace(report.arms[0], quality=replace(quality(0.15), chance_macro_f1=0.14))
    assert "guessing has 0.14" in report_html(replace(report, arms=(lucky, *report.arms[1:])))
    assert "guessing has" not in report_html(report)


@pytest.mark.usefixtures("undrawn")
def test_labels_are_told_apart_weakest_first() -> None:
    """Of what is recommended, with what each is taken for."""
    report = example()
    classes = (ClassQuality("hose_leak", 20, 0.9), ClassQuality("pump_worn", 30, 0.5, "hose_leak"))
    cascade = replace(report.cascades[0], quality=replace(quality(0.87), classes=classes))
    text = report_html(replace(report, cascades=(cascade,)))
    table = text[text.index("Label by label") :]
    assert table.index("pump_worn") < table.index("hose_leak")


@pytest.mark.usefixtures("undrawn")
def test_a_page_is_written_in_one_step(tmp_path: Path) -> None:
    """Nothing else stays beside it."""
    path = write_html(example(), tmp_path)
    assert path.read_text() == report_html(example())
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("amount", "words"),
    [(0, "0 EUR"), (2612.4, "2,612 EUR"), (1.5, "1.50 EUR"), (0.00017, "0.00017 EUR")],
)
def test_money_has_two_figures_and_no_powers_of_ten(amount: float, words: str) -> None:
    """A thousand items by CPU cost less than a cent."""
    assert money(amount, "EUR") == words
    assert money(1e-9, "EUR") == "under 0.000001 EUR"


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (0.0, "0 ms"),
        (0.00013, "0.13 ms"),
        (0.0145, "14 ms"),
        (0.99, "990 ms"),
        (41.0, "41.0 s"),
        (400.0, "7 min"),
        (7200.0, "2.0 h"),
        (None, "not possible"),
    ],
)
def test_durations_have_the_unit_that_fits(duration: float | None, words: str) -> None:
    """What never came to an end is not a number."""
    assert seconds(duration) == words


def test_texts_from_outside_are_one_line_without_tricks() -> None:
    """Control characters, turned directions, and books."""
    assert plain("a\x00b\n\tc\u202ed") == "a b cd"
    assert plain("x" * 1000, 10) == "xxxxxxxxx…"
