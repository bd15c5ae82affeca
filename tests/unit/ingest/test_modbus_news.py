"""What of a poll is kept: deadband, heartbeat, signals that are lost and come back."""

from __future__ import annotations

from ingest.modbus_news import Changes, News
from ingest.plant import ModbusUnit
from ingest.registers import Register, RegisterTable
from ingest.vocabulary import Value
from ingest.words import RegisterType


def news(*deadbands: float | None, of_unit: float | None = None, heartbeat_s: float = 60.0) -> News:
    """Of a unit with signals a, b, c ..., one for each deadband."""
    registers = tuple(
        Register(name, RegisterTable.HOLDING, at, RegisterType.INT16, deadband=deadband)
        for at, (name, deadband) in enumerate(zip("abcdef", deadbands, strict=False))
    )
    url = "tcp://127.0.0.1:502"
    unit = ModbusUnit(url, 1, 1.0, registers, deadband=of_unit, heartbeat_s=heartbeat_s)
    return News(unit)


def kept(said: News, *values: Value, start_s: float = 0.0) -> list[Value]:
    """Those of the values of signal a, a second apart, that are kept."""
    return [
        value
        for second, value in enumerate(values)
        if "a" in said.of({"a": value}, start_s + second).values
    ]


def test_without_a_deadband_every_value_is_kept() -> None:
    """The same answer object goes through, so that a poll stays cheap."""
    values = {"a": 1, "b": 1}
    assert news(None, None).of(values, 0.0).values is values


def test_a_value_that_moved_less_than_the_deadband_is_not_kept() -> None:
    """Against the last one that was kept, so that a slow drift is not lost."""
    assert kept(news(1.0), 10, 10.5, 10.9, 11.0, 11.4, 9.9, 9.0) == [10, 11.0, 9.9]


def test_a_deadband_of_nothing_keeps_changes() -> None:
    """Of numbers, switches and texts; a switch is no 1."""
    assert kept(news(0.0), 1, 1, 2, 2) == [1, 2]
    assert kept(news(0.0), True, True, False) == [True, False]
    assert kept(news(5.0), "idle", "idle", "run", 1) == ["idle", "run", 1]


def test_a_heartbeat_keeps_a_value_that_stands_still() -> None:
    """Counted from the last one that was kept."""
    said = news(1.0, heartbeat_s=3.0)
    times = [second for second in range(9) if said.of({"a": 5}, float(second)).values]
    assert times == [0, 3, 6]


def test_a_register_goes_before_its_unit() -> None:
    """The unit's deadband is for those that state none."""
    said = news(0.0, None, of_unit=10.0)
    said.of({"a": 1, "b": 1}, 0.0)
    assert said.of({"a": 2, "b": 2}, 1.0).values == {"a": 2}


def test_no_value_is_said_once_and_the_next_value_always() -> None:
    """Also one inside the deadband: whoever looks must see that there is one again."""
    said = news(1.0, 1.0)
    said.of({"a": 5, "b": 5}, 0.0)
    assert said.of({"a": None, "b": 5}, 1.0) == Changes({"a": None}, lost=("a",))
    assert said.of({"a": None, "b": 5}, 2.0) == Changes({})
    assert said.of({"a": 5, "b": 5}, 3.0) == Changes({"a": 5}, back=("a",))


def test_signals_of_a_unit_that_is_away_are_lost_once() -> None:
    """And are back one by one, as they are read again."""
    said = news(None, None)
    assert said.without(["a", "b"]) == ("a", "b")
    assert said.without(["a", "b"]) == ()
    assert said.of({"a": 1}, 1.0) == Changes({"a": 1}, back=("a",))
    assert said.of({"b": None}, 1.0) == Changes({})
