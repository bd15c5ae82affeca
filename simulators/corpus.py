"""The training corpus of the task `error_code`: the training dialects, filled and misspelt.

Only dialects of the split `training` are read, so that no text of a running simulator, which
speaks the `floor` dialects, has a row here. Every template draws from its own seed: a template
that is added or changed leaves the rows of all others as they are.
"""

from __future__ import annotations

import argparse
import csv
import io
import logging
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from simulators.dialects import Dialect, fill, load_dialects, perturb

_log = logging.getLogger(__name__)

QUIET = "no_fault"
FILLS = 2
_TRIES = 12


@dataclass(frozen=True, slots=True)
class Figures:
    """What stands in the placeholders of a label: where, which signal, and its numbers."""

    machine_kind: str
    signal: str
    unit: str
    limit: float
    worst: float
    """A value far beyond the limit; values are drawn between the two."""
    decimals: int = 0
    machines: tuple[str, ...] = ()


_PRESSES = ("press-1", "press-7", "HP04")
_MILLS = ("mill-4", "mill-9", "CNC02")
_MOULDERS = ("mould-1", "mould-5", "IM11")
_COMPRESSORS = ("comp-3", "comp-8", "SC01")
_PRESS, _MILL = "hydraulic-press", "cnc-mill"
_MOULDER, _COMPRESSOR = "injection-moulding", "screw-compressor"

FIGURES: Mapping[str, Figures] = {
    "cooler_fouled": Figures(_PRESS, "oil_temp", "degC", 65, 78, 1, _PRESSES),
    "pump_worn": Figures(_PRESS, "system_pressure", "bar", 180, 140, 0, _PRESSES),
    "valve_sticking": Figures(_PRESS, "ram_position_error", "mm", 0.5, 1.6, 2, _PRESSES),
    "encoder_loss": Figures(_MILL, "following_error", "um", 50, 400, 0, _MILLS),
    "tool_worn": Figures(_MILL, "spindle_load", "%", 80, 105, 0, _MILLS),
    "coolant_low": Figures(_MILL, "coolant_flow", "l/min", 12, 3, 1, _MILLS),
    "heater_band_failed": Figures(_MOULDER, "barrel_temp", "degC", 210, 165, 0, _MOULDERS),
    "mould_cooling_blocked": Figures(_MOULDER, "mould_temp", "degC", 55, 74, 1, _MOULDERS),
    "check_ring_leaking": Figures(_MOULDER, "cushion", "mm", 3, 0.2, 1, _MOULDERS),
    "separator_clogged": Figures(_COMPRESSOR, "separator_dp", "bar", 0.8, 1.4, 2, _COMPRESSORS),
    "thermostat_stuck": Figures(_COMPRESSOR, "discharge_temp", "degC", 100, 116, 0, _COMPRESSORS),
    "air_leak": Figures(_COMPRESSOR, "discharge_pressure", "bar", 6.5, 5, 1, _COMPRESSORS),
    QUIET: Figures("any", "", "", 0, 0, 0, (*_PRESSES, *_MILLS, *_MOULDERS, *_COMPRESSORS)),
}
"""By label."""


@dataclass(frozen=True, slots=True)
class Row:
    """One text with what it means and where it comes from."""

    text: str
    label: str
    group: str
    """The template, so that a split never has texts of one template on both sides."""
    dialect: str
    machine_kind: str
    """`any` for a text that every machine can have."""


@dataclass(frozen=True, slots=True)
class Template:
    """One wording of one label in one dialect; `group` is its id."""

    group: str
    label: str
    dialect: str
    words: str


def templates(dialects: Sequence[Dialect]) -> Iterator[Template]:
    """Every wording of an alarm raised and of a note; a cleared alarm names no fault."""
    for dialect in dialects:
        for label, wordings in dialect.templates.items():
            for part, texts in (("event", wordings.events), ("note", wordings.notes)):
                for number, words in enumerate(texts, start=1):
                    group = f"{dialect.name}/{label}/{part}-{number}"
                    yield Template(group, label, dialect.name, words)


def rows(dialects: Sequence[Dialect], *, seed: int, fills: int = FILLS) -> list[Row]:
    """The corpus: of each template one clean text and `fills - 1` misspelt ones, none twice."""
    seen: set[str] = set()
    made: list[Row] = []
    for template in templates(dialects):
        rng = random.Random(f"{seed}/{template.group}")
        for text in _texts(template, rng, fills=fills):
            if text not in seen:
                seen.add(text)
                made.append(_row(template, text))
    return made


def as_csv(corpus: Sequence[Row]) -> str:
    """The corpus as CSV with a header, the same on every system."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([field.name for field in fields(Row)])
    writer.writerows(astuple(row) for row in corpus)
    return out.getvalue()


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m simulators corpus --seed N --out FILE`."""
    parser = argparse.ArgumentParser(prog="python -m simulators corpus", description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path("finetune/tasks/error_code.csv"))
    parser.add_argument("--fills", type=int, default=FILLS, help="texts a template")
    chosen = parser.parse_args(argv)
    corpus = rows(load_dialects(split="training"), seed=chosen.seed, fills=chosen.fills)
    chosen.out.write_text(as_csv(corpus), encoding="utf-8", newline="\n")
    _log.info("corpus written", extra={"rows": len(corpus), "path": str(chosen.out)})
    return 0


def _row(template: Template, text: str) -> Row:
    kind = FIGURES[template.label].machine_kind
    return Row(text, template.label, template.group, template.dialect, kind)


def _texts(template: Template, rng: random.Random, *, fills: int) -> list[str]:
    """At most `fills` different texts: some templates have nothing in them that can change."""
    found = [fill(template.words, _values(template.label, rng))]
    for _ in range(_TRIES):
        text = perturb(fill(template.words, _values(template.label, rng)), rng)
        if len(found) < fills and text not in found:
            found.append(text)
    return found


def _values(label: str, rng: random.Random) -> dict[str, str]:
    figures = FIGURES[label]
    value = rng.uniform(figures.limit, figures.worst)
    return {
        "machine": rng.choice(figures.machines),
        "signal": figures.signal,
        "unit": rng.choice(_spellings(figures.unit)),
        "limit": f"{figures.limit:g}",
        "value": f"{value:.{figures.decimals}f}",
        "code": f"X-{rng.randrange(1000, 10000)}",
    }


def _spellings(unit: str) -> tuple[str, ...]:
    """How people write a unit."""
    return {"degC": ("degC", "°C", "C"), "um": ("um", "µm"), "%": ("%", "pct")}.get(unit, (unit,))
