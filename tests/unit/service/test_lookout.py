"""What normal behaviour is learnt from: the past without the times in which something was wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import Event, EventState, EvidenceKind, Series, Severity, Window
from service.lookout import Lookout, covered, without

if TYPE_CHECKING:
    Floor = Any

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def _window(*seconds: float) -> Window:
    times = [_at(second).timestamp() for second in seconds]
    series = Series("oil_temp", "degC", times, list(seconds), list(range(len(seconds))))
    note = Event("press-3", "", Severity.INFO, EventState.NOTE, "x", _at(5), _at(5), "test")
    return Window("press-3", NOON, _at(60), {"oil_temp": series}, (note,))


def test_spans_are_cut_out_of_readings_and_events() -> None:
    """Start included, end excluded; rows stay with their values."""
    left = without(_window(1, 4, 5, 9, 10, 20), [(_at(5), _at(10)), (_at(20), _at(30))])
    series = left.series["oil_temp"]
    assert list(series.values) == [1, 4, 10]
    assert list(series.rows) == [0, 1, 4]
    assert left.events == ()


def test_pauses_are_not_covered_time() -> None:
    """Ten minutes with two seconds of data are two seconds."""
    assert covered(_window(0, 1, 2, 590, 591)) == timedelta(seconds=3)
    assert covered(_window(7)) == timedelta(0)
    assert covered(_window()) == timedelta(0)


def test_too_little_is_not_learnt(floor: Floor) -> None:
    """What was learnt before stays."""
    floor.run(30)
    lookout = Lookout(floor.plant, floor.history, settings=EvidenceSettings.fitting(60))
    span = (floor.now - timedelta(seconds=30), floor.now)
    minimum = timedelta(seconds=20)
    assert not lookout.learn("press-3", span, except_for=[span], minimum=minimum)
    assert lookout.baseline("press-3") is None
    assert lookout.learn("press-3", span, except_for=[], minimum=minimum)
    learnt = lookout.baseline("press-3")
    assert not lookout.learn("press-3", span, except_for=[span], minimum=minimum)
    assert lookout.baseline("press-3") is learnt


def test_an_alarm_from_days_ago_that_was_never_cleared_still_stands(floor: Floor) -> None:
    """The window itself does not show it; what was cleared before is gone."""
    told = [(-50, "E217", "raised"), (-40, "E9", "raised"), (-30, "E9", "cleared")]
    floor.history.write([_event(_at(3600 * hours), code, state) for hours, code, state in told])
    lookout = Lookout(floor.plant, floor.history, settings=EvidenceSettings())
    look = lookout.look_back("press-3", NOON, _at(28_800), normal=timedelta(hours=8))
    assert look.window.events == ()
    (item,) = look.evidence
    assert (item.kind, item.codes) == (EvidenceKind.STANDING, ("E217",))
    assert item.start == _at(-50 * 3600)
    assert item.active


def _event(at: datetime, code: str, state: str) -> Event:
    return Event("press-3", code, Severity.WARNING, EventState(state), "hot", at, at, "test")


def test_limits_need_no_baseline(floor: Floor, tmp_path: Path) -> None:
    """A machine that is hot from the first second is reported."""
    floor.run(6, oil=70.0)
    assert floor.card.title == "oil temp above its high limit"
