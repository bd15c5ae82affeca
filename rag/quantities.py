"""Numbers of a text with their units: asked for, compared between documents, and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

_UNITS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "torque": {"Nm": ("1", "Nm N\u00b7m N.m"), "lbft": ("1.356", "lbf.ft lb-ft lbft ft-lb")},
    "pressure": {
        "bar": ("1", "bar bara barg"),
        "mbar": ("0.001", "mbar"),
        "kPa": ("0.01", "kPa"),
        "MPa": ("10", "MPa"),
        "psi": ("0.0689", "psi"),
    },
    "temperature": {
        "degC": ("1", "degC \u00b0C deg.C Celsius C"),
        "degF": ("0", "degF \u00b0F Fahrenheit"),
        "K": ("0", "K"),
    },
    "time": {
        "ms": ("0.001", "ms milliseconds Millisekunden"),
        "s": ("1", "s sec second seconds Sekunde Sekunden"),
        "min": ("60", "min mins minute minutes Minute Minuten"),
        "h": ("3600", "h hr hrs hour hours Std Stunde Stunden"),
        "d": ("86400", "d day days Tag Tage Tagen"),
        "week": ("604800", "week weeks Woche Wochen"),
        "month": ("2592000", "month months Monat Monate Monaten"),
        "year": ("31536000", "year years Jahr Jahre Jahren"),
    },
    "length": {
        "um": ("0.001", "um \u00b5m \u03bcm"),
        "mm": ("1", "mm"),
        "cm": ("10", "cm"),
        "m": ("1000", "m metre metres meter meters Meter"),
    },
    "speed": {
        "rpm": ("1", "rpm 1/min U/min min-1"),
        "mm/s": ("0", "mm/s"),
        "m/s": ("0", "m/s"),
        "m/min": ("0", "m/min"),
    },
    "flow": {"l/min": ("1", "l/min L/min"), "m3/min": ("1000", "m3/min m\u00b3/min"),
             "m3/h": ("16.667", "m3/h m\u00b3/h")},
    "volume": {"ml": ("0.001", "ml mL"), "l": ("1", "l L litre litres liter liters Liter")},
    "mass": {"g": ("0.001", "g"), "kg": ("1", "kg"), "t": ("1000", "t")},
    "force": {"N": ("1", "N"), "kN": ("1000", "kN")},
    "current": {"mA": ("0.001", "mA"), "A": ("1", "A amp amps ampere Ampere")},
    "voltage": {"mV": ("0.001", "mV"), "V": ("1", "V volt volts Volt"), "kV": ("1000", "kV"),
                "Vpp": ("0", "Vpp")},
    "power": {"W": ("1", "W watt"), "kW": ("1000", "kW"), "MW": ("1000000", "MW")},
    "resistance": {"ohm": ("1", "ohm \u03a9 \u2126 Ohm"), "kohm": ("1000", "kohm k\u03a9"),
                   "Mohm": ("1000000", "Mohm M\u03a9")},
    "frequency": {"Hz": ("1", "Hz"), "kHz": ("1000", "kHz"), "MHz": ("1000000", "MHz")},
    "share": {"%": ("1", "% percent Prozent"), "ppm": ("0.0001", "ppm")},
    "sound": {"dB": ("1", "dB dB(A)")},
}  # fmt: skip
"""By dimension: each unit with its factor to the first one (0: not to be converted), and how it is
written."""
_WRITTEN: Mapping[str, tuple[str, str, Decimal]] = {
    spelling: (dimension, unit, Decimal(factor))
    for dimension, units in _UNITS.items()
    for unit, (factor, spellings) in units.items()
    for spelling in spellings.split()
}
_UNIT = "|".join(re.escape(unit) for unit in sorted(_WRITTEN, key=lambda name: (-len(name), name)))
_QUANTITY = re.compile(
    rf"(?<![\w.,])(?<![^\W\d_]-)(?P<number>\d+(?:[.,]\d+)*)(?![\d])"
    rf"(?:[ \u00a0\u202f]?(?P<unit>{_UNIT})(?![\w\u00b0\u00b5]))?(?P<stuck>[^\W\d_])?"
)
_JOINED = re.compile(
    r"\s*(?:,|/|-|\u2013|\u2014|\+/-|\u00b1|to|and|or|bis|und|oder|above|below|über|unter)"
    r"(?:\s+(?:above|below|über|unter|and|or|und|oder))?\s*"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as it stands in a text."""

    start: int
    end: int
    number: Decimal
    unit: str
    """In one spelling; empty without one."""
    dimension: str

    @property
    def measure(self) -> tuple[str, Decimal]:
        """The same for 1 MPa and 10 bar, for 0.5 h and 30 min."""
        factor = _UNITS[self.dimension][self.unit][0] if self.unit else "0"
        if Decimal(factor):
            return self.dimension, (self.number * Decimal(factor)).normalize()
        return self.unit, self.number.normalize()


def quantities(text: str, language: str = "en") -> list[Quantity]:
    """Every number that is no part of a name, in order.

    In `80, 160 and 240 Nm` all three are torques.
    """
    found: list[Quantity] = []
    for match in _QUANTITY.finditer(text):
        if match["stuck"] and not match["unit"]:
            continue
        dimension, unit, _ = _WRITTEN[match["unit"]] if match["unit"] else ("", "", None)
        number = number_of(match["number"], language)
        end = match.end() - len(match["stuck"] or "")
        found.append(Quantity(match.start(), end, number, unit, dimension))
    return list(_with_units(text, found))


def number_of(written: str, language: str) -> Decimal:
    """`12,000` is twelve thousand in English, twelve in German."""
    group, point = (".", ",") if language == "de" else (",", ".")
    if re.fullmatch(rf"\d{{1,3}}(?:\{group}\d{{3}})+(?:\{point}\d+)?", written):
        written = written.replace(group, "")
    plain = written.replace(",", ".")
    whole, _, rest = plain.partition(".")
    return Decimal(f"{whole}.{rest.replace('.', '')}" if rest else whole)


def _with_units(text: str, found: list[Quantity]) -> Iterator[Quantity]:
    """A number in front of another one has its unit."""
    carried: list[Quantity] = []
    after: Quantity | None = None
    for number in reversed(found):
        one = number
        joined = after is not None and _JOINED.fullmatch(text[one.end : after.start])
        if not one.unit and joined and after and after.unit:
            one = Quantity(one.start, one.end, one.number, after.unit, after.dimension)
        carried.append(one)
        after = one
    return reversed(carried)
