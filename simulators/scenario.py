"""A scenario file: how long, which faults, how much harmless bustle."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingest.errors import SettingsFault

FOLDER = Path(__file__).parent / "scenarios"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Draw(_Strict):
    """Faults that are drawn by seed."""

    faults_per_machine: int = Field(default=2, ge=0)
    duration_s: float = Field(default=350.0, ge=150.0)
    recovery_s: float = Field(default=350.0, ge=200.0)
    stagger_s: float = Field(default=40.0, ge=0.0)
    jitter_s: float = Field(default=15.0, ge=0.0)
    severity: tuple[float, float] = (0.92, 1.02)


class Benign(_Strict):
    """What happens on a good day, numbers a machine."""

    pauses_per_machine: int = Field(default=0, ge=0)
    notes_per_machine: int = Field(default=0, ge=0)
    infos_per_machine: int = Field(default=0, ge=0)


class WrittenFault(_Strict):
    """A fault that is written down instead of drawn."""

    machine: str
    kind: str
    start_s: float = Field(ge=0.0)
    duration_s: float = Field(default=350.0, ge=60.0)
    severity: float = 1.0


class Scenario(_Strict):
    """A scenario file; all times are virtual seconds."""

    name: str
    warm_up_s: float = Field(default=300.0, ge=0.0)
    tail_s: float = Field(default=250.0, ge=0.0)
    draw: Draw | None = None
    benign: Benign = Benign()
    faults: tuple[WrittenFault, ...] = ()


def load_scenario(name: str, *, folder: Path = FOLDER) -> Scenario:
    """A shipped scenario by name, or a scenario file by path."""
    path = Path(name) if name.endswith(".toml") else folder / f"{name}.toml"
    try:
        return Scenario.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as fault:
        known = ", ".join(sorted(file.stem for file in folder.glob("*.toml")))
        raise SettingsFault(f"There is no scenario {name!r}.", remedy=f"Known: {known}") from fault
    except (tomllib.TOMLDecodeError, ValidationError) as fault:
        raise SettingsFault(f"The scenario {path} has faults: {fault}") from fault
