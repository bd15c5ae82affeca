"""What can go wrong, named for who must act.

AndonFault
├── SettingsFault   the operator changes a setting or a file     exit 2
│   └── PlantFault  every fault of a plant.toml at once
├── WireFault       a peer is away or talks nonsense: retry      HTTP 503
├── DataFault       set this record aside and carry on           HTTP 422
├── StoreFault      the store cannot keep data: stop             HTTP 503
├── ModelFault      a model failed: bounded retry                HTTP 502
└── NotKnown        no such thing                                HTTP 404
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class AndonFault(Exception):
    """Root of everything that Andon raises on purpose: what went wrong and what to do."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".rstrip()


class SettingsFault(AndonFault):
    """A setting, a file or a missing piece that a person must change."""


class WireFault(AndonFault):
    """A peer on the network is away or broke the protocol; the same call may work later."""


class DataFault(AndonFault):
    """One record or document cannot be used; nothing else is affected."""


class StoreFault(AndonFault):
    """The store cannot keep what it is given."""


class ModelFault(AndonFault):
    """A model or its server failed or broke its promise."""


class NotKnown(AndonFault):
    """The thing asked for does not exist."""


@dataclass(frozen=True, slots=True)
class PlantDefect:
    """One fault in a plant description."""

    path: Path
    line: int
    """Counted from 1."""
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class PlantFault(SettingsFault):
    """A plant description with faults, all of them."""

    def __init__(self, defects: Sequence[PlantDefect], files: Sequence[Path] = ()) -> None:
        self.defects = tuple(defects)
        self.files = tuple(files)
        """What the description is made of, missing ones too: to be read again once one changes."""
        lines = "\n".join(str(defect) for defect in self.defects)
        super().__init__(f"{len(self.defects)} fault(s) in the plant description:\n{lines}")
