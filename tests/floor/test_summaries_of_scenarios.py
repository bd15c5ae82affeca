"""Whoever sums up a shipped scenario, every figure and every time stands in the cited evidence.

The checker here knows nothing of `prompting`: it reads a sentence as a person does and looks each
figure up.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from ingest.plant import load_plant
from ingest.vocabulary import Evidence, Quantity, Statement, Summary
from prompting.asking import Asker
from prompting.headlines import headline
from prompting.library import PromptLibrary
from prompting.settings import PromptingSettings
from prompting.summarizer import Summarizer
from prompting.telling import is_quiet
from prompting.writers.choice import asker_of
from simulators.scenario import FOLDER
from tests.conftest import ROOT
from tests.floor.playing import Moment, play
from tests.model_server import Model, completion, model_servers

LIBRARY = PromptLibrary()
PLANT = load_plant(ROOT / "plant.toml")
ZONE = ZoneInfo(PLANT.timezone)
BEGINNINGS = {
    1: datetime(2026, 7, 14, 9, 30, tzinfo=UTC),  # in summer
    2: datetime(2026, 11, 22, 22, 58, 50, tzinfo=UTC),  # in winter, shortly before midnight
}
RUNS = [(path, seed) for path in sorted(FOLDER.glob("*.toml")) for seed in BEGINNINGS]
LANGUAGES = ("en", "de")
QUOTE = {"en": re.compile("“[^”]*”"), "de": re.compile("„[^“]*“")}
DAY = {"en": "%H:%M on %-d %b", "de": "%d.%m., %H:%M"}
TIME = re.compile(r"(?:\d\d\.\d\d\.(?: um|,) )?\d\d:\d\d(?: on \d{1,2} [A-Z][a-z]{2})?")
TOKENS_IN = 2000
"""What the server says it read: a server that reads much less than was sent is not believed."""
CLOSING = ("Not told here: ", "Hier nicht genannt: ")
WRITTEN = {"degC": "°C", "um": "µm", "m3/min": "m³/min"}
UNITS = {spec.unit for machine in PLANT.machines for spec in machine.signals.values()} - {""}
LASTING = ("duration", "lead", "period")
TIMES = {"s": (1.0, 0.5), "min": (60.0, 0.5), "h": (3600.0, 0.05)}
"""Seconds of each unit of time, and half of the last digit that is shown of it."""
NAMED = "|".join(re.escape(WRITTEN.get(u, u)) for u in sorted(UNITS | set(TIMES), reverse=True))
NUMBER = re.compile(rf"(?P<digits>-?\d(?:[\d.,]*\d)?)(?: (?P<unit>{NAMED})(?![\w/]))?")


@dataclass(frozen=True)
class Checker:
    """Finds the figures of a sentence that the evidence it cites does not hold."""

    machine: str
    end: datetime
    language: str

    def stray(self, summary: Summary) -> list[str]:
        items = {item.id: item for item in summary.evidence}
        wrong = self.stray_in(summary.headline, summary.evidence)
        for said in summary.statements:
            if said.text.startswith(CLOSING):
                counted = sum(map(int, re.findall(r"\d+", said.text)))
                wrong += [said.text] if counted != len(said.evidence) else []
                continue
            wrong += self.stray_in(said.text, [items[identity] for identity in said.evidence])
        return wrong

    def stray_in(self, sentence: str, cited: Sequence[Evidence]) -> list[str]:
        plain = self.plain(sentence, cited)
        shown = {self.shown(moment) for item in cited for moment in (item.start, item.end)}
        times = (found[0].replace(" um ", ", ") for found in TIME.finditer(plain))
        wrong = [time for time in times if time not in shown]
        numbers = [number for item in cited for number in item.numbers.items()]
        return wrong + [
            f"{figure[0]} in: {sentence}"
            for figure in figures(plain)
            if not any(self.says(figure, role, quantity) for role, quantity in numbers)
        ]

    def plain(self, sentence: str, cited: Sequence[Evidence]) -> str:
        """Quotes and names blotted out."""
        names = {self.machine}.union(*((*item.codes, *item.signals) for item in cited))
        names |= {name.replace("_", " ") for name in names}
        sentence = QUOTE[self.language].sub(blot, sentence)
        for name in sorted(names, key=len, reverse=True):
            sentence = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", blot, sentence, flags=re.I)
        return sentence

    def shown(self, moment: datetime) -> str:
        local, today = moment.astimezone(ZONE), self.end.astimezone(ZONE)
        return local.strftime("%H:%M" if local.date() == today.date() else DAY[self.language])

    def says(self, figure: re.Match[str], role: str, quantity: Quantity) -> bool:
        """The same value to three digits, in the same unit; how long it lasted in whole units."""
        group, point = (",", ".") if self.language == "en" else (".", ",")
        value = float(figure["digits"].replace(group, "").replace(point, "."))
        unit, scale, half = figure["unit"] or "", 1.0, 0.5 * 10.0 ** -max(0, 2 - magnitude(value))
        if role in LASTING:
            scale, half = TIMES.get(unit, (math.nan, 0.0))
        elif role == "share":
            half = 0.5
        elif unit != WRITTEN.get(quantity.unit, quantity.unit):
            return False
        return abs(value * scale - quantity.value) <= half * scale + 1e-9


def blot(found: re.Match[str]) -> str:
    return "·" * len(found[0])


def figures(plain: str) -> Iterator[re.Match[str]]:
    return NUMBER.finditer(TIME.sub(blot, plain))


def spoken(plain: str) -> list[str]:
    return [found[0] for found in (*figures(plain), *TIME.finditer(plain))]


def magnitude(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def summarize(moment: Moment, asker: Asker | None, language: str) -> Summary:
    names = [machine.id for machine in PLANT.machines]
    summarizer = Summarizer(asker, LIBRARY, timezone=PLANT.timezone, machines=names)
    scope, span = moment.window.machine, (moment.window.start, moment.window.end)
    return summarizer.summarize(
        moment.evidence, scope=scope, start=span[0], end=span[1], language=language
    )


@pytest.fixture(scope="module", params=RUNS, ids=lambda run: f"{run[0].stem}-{run[1]}")
def moments(request: pytest.FixtureRequest) -> list[Moment]:
    """The quiet and the bad moments of a run."""
    path, seed = request.param
    found = play(path, PLANT, seed=seed, begin=BEGINNINGS[seed])
    assert all(moment.evidence for moment in found if moment.in_fault)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_of_a_scenario_stands_in_its_evidence(
    moments: list[Moment], language: str
) -> None:
    """By the writer that needs no model."""
    for moment in moments:
        summary = summarize(moment, None, language)
        checker = Checker(moment.window.machine, moment.window.end, language)
        assert checker.stray(summary) == []
        assert (summary.engine, summary.replaced) == ("deterministic", ())


@dataclass(frozen=True)
class Liar:
    """Repeats a right summary in digits, with one error in it that the checker sees."""

    right: Summary
    checker: Checker

    @property
    def lines(self) -> list[Statement]:
        """The headline, then the sentences."""
        cited = headline(self.right.evidence, self.checker.language).evidence
        said = [one for one in self.right.statements if not one.text.startswith(CLOSING)]
        return [Statement(self.right.headline, cited), *said]

    def cited(self, line: Statement) -> list[Evidence]:
        return [item for item in self.right.evidence if item.id in line.evidence]

    def plain(self, line: Statement) -> str:
        return self.checker.plain(line.text, self.cited(line))

    def lie(self, kind: str, turn: int) -> tuple[int, str, str] | None:
        """Place, line and error; the line that errs is another one at each turn."""
        count = len(self.lines)
        for place in ((turn + step) % count for step in range(count)):
            line = self.lines[place]
            if place and len(line.evidence) > 1:
                continue  # replaced by the sentence for its first item, so told in other words
            for found, error in self.errors(kind, line):
                wrong = line.text[: found.start()] + error + line.text[found.end() :]
                if self.checker.stray_in(wrong, self.cited(line)):
                    return place, wrong, error
        return None

    def errors(self, kind: str, line: Statement) -> Iterator[tuple[re.Match[str], str]]:
        """What to take out of a line and what to put there."""
        plain = self.plain(line)
        mine = [*figures(plain)]
        if kind == "wrong minute":
            late = f"{(self.checker.end + timedelta(minutes=13)).astimezone(ZONE):%H:%M}"
            yield from ((found, late) for found in TIME.finditer(plain))
        elif kind == "wrong number" and mine:
            yield mine[0], f"97 {mine[0]['unit'] or ''}".rstrip()
        elif kind == "wrong number":
            yield from ((found, ", 97 bar.") for found in re.finditer(r"\.?$", plain))
        elif mine:
            others = (other for other in self.lines if other != line)
            yield from ((mine[0], found[0]) for o in others for found in figures(self.plain(o)))

    def reply(self, place: int, wrong: str) -> str:
        """The whole reply; quotes are slots, as a model is told."""
        quote = QUOTE[self.checker.language]

        def slotted(text: str, cited: tuple[str, ...]) -> str:
            ids = iter(cited)
            return quote.sub(lambda _: f"{{{next(ids)}.quote}}", text)

        said = [
            {"text": slotted(text, one.evidence), "evidence": one.evidence}
            for number, one in enumerate(self.lines)
            for text in [wrong if number == place else one.text]
        ]
        return json.dumps({"headline": said[0], "statements": said[1:]})


@pytest.fixture(scope="module")
def model() -> Iterator[tuple[Model, Asker]]:
    """A model server, and what asks it."""
    listening = Model([])
    with model_servers() as start:
        settings = PromptingSettings(
            llm_url=start(listening), llm_model="tiny", llm_engine="openai"
        )
        asker = asker_of(settings)
        assert asker is not None
        yield listening, asker
        asker.close()


@pytest.mark.parametrize("kind", ["wrong number", "wrong minute", "value of another item"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_model_gets_wrong_is_replaced(
    moments: list[Moment], model: tuple[Model, Asker], language: str, kind: str
) -> None:
    """One error a reply, in faults and quiet moments; all else stays as it was written."""
    server, asker = model
    planted = 0
    for turn, moment in enumerate(moments):
        if is_quiet(moment.evidence) or (turn % 3 and not moment.in_fault):
            continue
        right = summarize(moment, None, language)
        checker = Checker(moment.window.machine, moment.window.end, language)
        liar = Liar(right, checker)
        lie = liar.lie(kind, turn)
        if lie is None:
            continue
        place, wrong, error = lie
        server.replies = [partial(completion, liar.reply(place, wrong), tokens_in=TOKENS_IN)]
        summary = summarize(moment, asker, language)
        assert (summary.engine, summary.note, len(summary.replaced)) == (asker.model.engine, "", 1)
        where = f"sentence {place}" if place else "headline"
        assert summary.replaced[0].startswith(f"{where} says")
        assert checker.stray(summary) == []
        found = Liar(summary, checker)
        assert error.strip(" ,.") not in spoken(found.plain(found.lines[place]))
        assert [*found.lines[:place], *found.lines[place + 1 :]] == [
            *liar.lines[:place],
            *liar.lines[place + 1 :],
        ]
        planted += 1
    assert planted >= sum(moment.in_fault for moment in moments) / 2  # once a fault at least
