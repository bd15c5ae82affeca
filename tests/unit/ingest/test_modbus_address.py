"""Addresses of devices, and ranges that must not be read."""

from __future__ import annotations

import pytest

from ingest.modbus_address import Address, Carrier, IllegalRange, parse_address, parse_range


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("tcp://10.0.0.7", Address(Carrier.TCP, "10.0.0.7", 502)),
        ("tcp://10.0.0.7:502", Address(Carrier.TCP, "10.0.0.7", 502)),
        ("tcp://[::1]:1502", Address(Carrier.TCP, "::1", 1502)),
        ("tls://press-3.plant", Address(Carrier.TLS, "press-3.plant", 802)),
        ("rtu+tcp://gateway:4001", Address(Carrier.RTU_TCP, "gateway", 4001)),
        (
            "rtu:///dev/ttyUSB0?baud=9600&parity=N&stop=2",
            Address(Carrier.RTU, device="/dev/ttyUSB0", baud=9600, parity="N", stop_bits=2),
        ),
        (
            "rtu:///dev/ttyS1",
            Address(Carrier.RTU, device="/dev/ttyS1", baud=19200, parity="E", stop_bits=1),
        ),
    ],
)
def test_an_address_with_its_defaults(url: str, address: Address) -> None:
    """Ports 502 and 802; a line as the standard has it: 19200 baud, even, one stop bit."""
    assert parse_address(url) == address


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("10.0.0.7:502", "must begin with tcp://, tls://, rtu://, rtu+tcp://"),
        ("udp://10.0.0.7", "must begin with"),
        ("tcp://:502", "names no host"),
        ("tcp://host:0", "names no host or port"),
        ("tcp://host:99999", "is no address"),
        ("tcp://host:502/unit/1", "has more behind the port"),
        ("rtu://ttyUSB0", "names no serial line, like rtu:///dev/ttyUSB0"),
        ("rtu:///", "names no serial line"),
        ("rtu:///dev/ttyS0?baud=", "baud = '' is no speed"),
        ("rtu:///dev/ttyS0?baud=3", "baud = '3' is no speed"),
        ("rtu:///dev/ttyS0?parity=e", "parity = 'e' must be N, E or O"),
        ("rtu:///dev/ttyS0?stop=3", "stop = '3' must be 1 or 2"),
        ("rtu:///dev/ttyS0?bits=7", "unknown key 'bits'; known are baud, parity, stop"),
    ],
)
def test_what_is_no_address_is_said(url: str, words: str) -> None:
    """With the thing that is wrong."""
    with pytest.raises(ValueError, match=r"^url ") as caught:
        parse_address(url)
    assert words in str(caught.value)


def test_a_character_takes_its_bits() -> None:
    """Start, eight, parity and stop at 9600 baud; TCP has no such time."""
    assert parse_address("rtu:///dev/ttyS0?baud=9600").character_s == pytest.approx(11 / 9600)
    assert parse_address("tcp://host").character_s == 0.0


def test_a_range_of_addresses() -> None:
    """Both ends belong to it."""
    own = parse_range("holding 100-120")
    assert own == IllegalRange("holding", 100, 120)
    assert str(own) == "holding 100 to 120"
    assert parse_range("coil 7") == IllegalRange("coil", 7, 7)
    assert str(parse_range("coil 7")) == "coil 7"
    touching = [
        (99, 100, False),
        (99, 101, True),
        (120, 121, True),
        (121, 130, False),
        (90, 200, True),
    ]
    for start, end, touches in touching:
        assert own.touches("holding", start, end) is touches
    assert not own.touches("input", 100, 120)


@pytest.mark.parametrize("text", ["100-120", "holding", "holding 9-5", "holding 70000", "h 1", ""])
def test_what_is_no_range_is_said(text: str) -> None:
    """With the text."""
    with pytest.raises(ValueError, match=r"is no range|does not rise"):
        parse_range(text)
