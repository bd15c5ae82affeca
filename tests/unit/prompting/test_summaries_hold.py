"""Every number and every time of a summary stands in its evidence, whoever wrote it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ingest.detect import Finding
from ingest.evidence_numbering import numbered
from ingest.vocabulary import Evidence, EvidenceKind, Quantity, Severity, Statement, Summary
from prompting.asking import Asker
from prompting.library import PromptLibrary
from prompting.pack import by_onset
from prompting.settings import PromptingSettings
from prompting.slots import Reader, fill
from prompting.summarizer import Summarizer
from prompting.telling import is_quiet
from prompting.truth import Case, complaint
from prompting.writers.deterministic import written
from tests.fakes import FakeModel, drafted

START = datetime(2026, 11, 22, 22, 40, tzinfo=UTC)
END = START + timedelta(minutes=30)
ZONE = ZoneInfo("Europe/Berlin")
LIBRARY = PromptLibrary()
UNITS = {"oil_temp": "degC", "pressure": "bar", "air_flow": "m3/min", "Accel1RMS": "", "cycle": "s"}
CLOSING = ("Not told here: ", "Hier nicht genannt: ")
TIME_SCALES = {"s": 1.0, "min": 60.0, "h": 3600.0}
magnitude = st.floats(-5e4, 5e4).filter(lambda value: abs(value) > 1e-3)
text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@st.composite
def finding(draw: st.DrawFn) -> Finding:
    kind = draw(st.sampled_from(list(EvidenceKind)))
    signal = draw(st.sampled_from(sorted(UNITS)))
    first = draw(st.integers(0, 1500))
    active = draw(st.booleans())
    last = 1800 if active else draw(st.integers(first, 1700))
    return Finding(
        kind=kind,
        signals=() if kind in CODED else (signal,),
        start=START.timestamp() + first,
        end=START.timestamp() + last,
        severity=draw(st.sampled_from(list(Severity))),
        numbers=draw(numbers(kind, UNITS[signal], float(last - first))),
        active=active,
        direction=draw(st.sampled_from(["up", "down"])) if kind in DIRECTED else "",
        codes=tuple(draw(st.permutations(CODES)))[: CODED.get(kind, 0)],
        quotes=(draw(text),) if kind in CODED else (),
    )


DIRECTED = (
    EvidenceKind.LIMIT_VIOLATION,
    EvidenceKind.STEP,
    EvidenceKind.DRIFT,
    EvidenceKind.SPIKE,
    EvidenceKind.NOISE_CHANGE,
)
CODES = ("E217", "X-7731", "4012")
CODED = {
    EvidenceKind.ALARM: 1,
    EvidenceKind.CHATTERING: 1,
    EvidenceKind.STANDING: 1,
    EvidenceKind.FLOOD: 3,
    EvidenceKind.FIRST_OUT: 3,
    EvidenceKind.NOTE: 0,
    EvidenceKind.OPEN_CARD: 1,
    EvidenceKind.INSTRUCTION: 2,
}
"""How many codes these have; they quote words."""
VALUES = {
    EvidenceKind.LIMIT_VIOLATION: ("peak", "limit", "baseline"),
    EvidenceKind.STEP: ("baseline", "level", "change", "peak"),
    EvidenceKind.DRIFT: ("baseline", "level", "change", "peak"),
    EvidenceKind.SPIKE: ("peak", "level"),
    EvidenceKind.STUCK: ("level",),
    EvidenceKind.NOISE_CHANGE: ("baseline", "level"),
    EvidenceKind.OSCILLATION: ("amplitude", "level"),
}
TALLIED = (EvidenceKind.ALARM, EvidenceKind.CHATTERING)
COUNTED = (
    EvidenceKind.LIMIT_VIOLATION,
    EvidenceKind.SPIKE,
    EvidenceKind.ALARM,
    EvidenceKind.CHATTERING,
    EvidenceKind.STANDING,
    EvidenceKind.FLOOD,
    EvidenceKind.OSCILLATION,
    EvidenceKind.FIRST_OUT,
    EvidenceKind.OUT_OF_SERVICE,
)


@st.composite
def numbers(draw: st.DrawFn, kind: EvidenceKind, unit: str, duration: float) -> dict[str, Quantity]:
    found = {role: Quantity(draw(magnitude), unit) for role in VALUES.get(kind, ())}
    found["duration"] = Quantity(duration, "s")
    if kind in COUNTED:
        found["count"] = Quantity(float(draw(st.integers(0, 40))))
    if kind in (EvidenceKind.CHATTERING, EvidenceKind.FLOOD):
        found["peak_rate"] = Quantity(float(draw(st.integers(3, 20))))
    if kind in TALLIED and draw(st.booleans()):
        found["usual"] = Quantity(float(draw(st.integers(0, 30))))
        found["share"] = Quantity(float(draw(st.integers(1, 100))), "%")
        found["rank"] = Quantity(1.0)
    if kind is EvidenceKind.OSCILLATION:
        found["period"] = Quantity(draw(st.floats(0.5, 900)), "s")
    if kind is EvidenceKind.OUT_OF_SERVICE:
        found["state"] = Quantity(float(draw(st.integers(1, 17))))
    if kind is EvidenceKind.NOISE_CHANGE:
        found["ratio"] = Quantity(draw(st.floats(3, 50)))
    if kind is EvidenceKind.LIMIT_VIOLATION and draw(st.booleans()):
        found["lead"] = Quantity(float(draw(st.integers(1, 900))), "s")
    if kind is EvidenceKind.LIMIT_VIOLATION and draw(st.booleans()):
        found["critical_limit"] = Quantity(draw(magnitude), unit)
    return found


evidence_sets = st.lists(finding(), min_size=1, max_size=9).map(lambda f: numbered(f, "press-3"))
languages = st.sampled_from(["en", "de"])
styles = st.sampled_from(["operator", "engineer", "handover"])


def stray(summary: Summary, language: str) -> list[str]:
    """Numbers and times of a summary that no cited item holds, found without our own code."""
    found: list[str] = []
    items = {item.id: item for item in summary.evidence}
    for statement in summary.statements:
        cited = [items[identity] for identity in statement.evidence]
        if statement.text.startswith(CLOSING):
            counted = sum(map(int, re.findall(r"\d+", statement.text)))
            found += [statement.text] if counted != len(cited) else []
            continue
        found += stray_in(statement.text, cited, language)
    return found + stray_in(summary.headline, list(items.values()), language)


def stray_in(sentence: str, cited: list[Evidence], language: str) -> list[str]:
    plain = re.sub("“[^”]*”" if language == "en" else "„[^“]*“", "", sentence)
    for item in cited:
        for name in (item.machine, *item.signals, *item.codes):
            plain = re.sub(re.escape(name.replace("_", " ")), "", plain, flags=re.IGNORECASE)
    times = re.findall(r"\d\d:\d\d", plain)
    minutes = {
        f"{moment.astimezone(ZONE):%H:%M}" for item in cited for moment in (item.start, item.end)
    }
    wrong = [time for time in times if time not in minutes]
    plain = re.sub(r"\d\d\.\d\d\.( um|,) \d\d:\d\d|\d\d:\d\d( on \d+ [A-Z][a-z]+)?", "", plain)
    if re.search(r"\b(twice|zweimal)\b", plain):
        wrong += [] if any(q.numbers["count"].value == 2 for q in cited) else ["twice"]
    for digits, unit in re.findall(r"(-?\d[\d.,]*\d|-?\d)(?: (s|min|h)\b)?", plain):
        clean = digits.replace(",", "") if language == "en" else digits.replace(".", "")
        value = float(clean.replace(",", "."))
        if not any(near(value, unit, q) for item in cited for q in item.numbers.values()):
            wrong.append(f"{digits} {unit}")
    return wrong


def near(value: float, unit: str, quantity: Quantity) -> bool:
    if quantity.unit == "s" and unit:
        seconds = value * TIME_SCALES[unit]
        slack = {"s": 0.5, "min": 30.0, "h": 180.0}[unit]
        return abs(seconds - quantity.value) <= slack + abs(quantity.value) * 0.006
    return abs(value - quantity.value) <= abs(quantity.value) * 0.006 + 1e-9


def summarize(reply: str | None, evidence: tuple[Evidence, ...], language: str) -> Summary:
    asker = Asker(FakeModel(reply), PromptingSettings()) if reply else None
    summarizer = Summarizer(asker, LIBRARY, timezone="Europe/Berlin", machines=["press-3"])
    return summarizer.summarize(evidence, scope="press-3", start=START, end=END, language=language)


@settings(max_examples=200, deadline=None)
@given(evidence=evidence_sets, language=languages)
def test_the_deterministic_summary_says_only_what_its_evidence_does(
    evidence: tuple[Evidence, ...], language: str
) -> None:
    """A headline and one to six sentences, first cause first, every figure in the evidence."""
    summary = summarize(None, evidence, language)
    assert stray(summary, language) == []
    assert (summary.engine, summary.replaced, summary.note) == ("deterministic", (), "")
    told = [s for s in summary.statements if s.evidence and not s.text.startswith(CLOSING)]
    assert len(told) <= 6
    items = {item.id: item for item in summary.evidence}
    first = [items[statement.evidence[0]] for statement in told]
    onsets = [item.start for item in first if item.signals]
    assert onsets == sorted(onsets)
    notes = [item.kind is EvidenceKind.NOTE for item in first]
    assert notes == sorted(notes) or is_quiet(summary.evidence)
    assert "{" not in summary.headline + "".join(s.text for s in summary.statements)


@settings(max_examples=200, deadline=None)
@given(evidence=evidence_sets, language=languages, style=styles)
def test_the_check_lets_every_deterministic_sentence_pass(
    evidence: tuple[Evidence, ...], language: str, style: str
) -> None:
    """With its slots open, for whomever it is written."""
    reader = Reader(language, ZONE, END, seconds=style == "engineer")
    held = Case({item.id: item for item in evidence}, reader, scope="press-3")
    draft = written(evidence, language=language, most=6, style=style)
    for statement in (draft.headline, *draft.statements):
        assert complaint(statement, held) == ""


def digits(invention: str, place: int, evidence: tuple[Evidence, ...], language: str) -> str:
    """The right sentences in digits, and one number of a model's own invention."""
    draft = written(by_onset(evidence), language=language, most=6)
    reader = Reader(language, ZONE, END)
    items = {item.id: item for item in evidence}
    said = [Statement(spoken(s.text, items, reader), s.evidence) for s in draft.statements]
    if invention:
        spot = place % len(said)
        text = said[spot].text.rstrip(".") + f", {invention}."
        said[spot] = Statement(text, said[spot].evidence)
    return drafted(draft.headline, *said)


def spoken(template: str, items: dict[str, Evidence], reader: Reader) -> str:
    """In digits; quotes stay slots: a model is told never to repeat them."""
    parts = re.split(r"(\{E\d+\.quote\})", template)
    return "".join(p if p.endswith(".quote}") else fill(p, items, reader) for p in parts)


@settings(max_examples=200, deadline=None)
@given(evidence=evidence_sets, language=languages)
def test_what_a_model_says_truly_in_digits_stands(
    evidence: tuple[Evidence, ...], language: str
) -> None:
    """The check raises no false alarm on right sentences without slots."""
    assume(not is_quiet(evidence))
    summary = summarize(digits("", 0, evidence, language), evidence, language)
    assert summary.replaced == ()
    assert stray(summary, language) == []


@settings(max_examples=200, deadline=None)
@given(
    evidence=evidence_sets,
    language=languages,
    invention=st.sampled_from(["12,345.67 bar", "04:44", "mill-1", "77.77", "99 999"]),
    place=st.integers(0, 5),
)
def test_whatever_a_model_invents_is_replaced(
    evidence: tuple[Evidence, ...], language: str, invention: str, place: int
) -> None:
    """The invention never reaches the reader and is counted."""
    assume(not is_quiet(evidence))
    summary = summarize(digits(invention, place, evidence, language), evidence, language)
    assert stray(summary, language) == []
    assert summary.replaced
    assert summary.engine == "openai-compatible"
    unquoted = [re.sub("[“„][^”“]*[”“]", "", s.text) for s in summary.statements]
    assert not any(invention in words for words in unquoted)
