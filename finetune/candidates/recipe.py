"""What every candidate is to the ladder: a name, how it is fitted, how it is read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from finetune.candidates.lora import LoraSettings
from finetune.candidates.lora_training import Part
from finetune.encoder import Encoder
from finetune.examples import Fitted
from finetune.progress import Advance


def _nobody(_share: float) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a candidate must be told besides its files."""

    classes: int
    encoder: Encoder | None = None
    temperatures: Mapping[str, float] = field(default_factory=dict)
    """Of the members of an average, by name."""


@dataclass(frozen=True, slots=True)
class Making:
    """What a fit is given besides its rows."""

    known: Known
    seed: int = 0
    validation: Part | None = None
    """Rows to stop early by; None: every epoch is run."""
    epochs: int = 0
    """Of a fit without validation; 0: as many as the settings say."""
    lora: LoraSettings | None = None
    """None: ours."""
    advance: Advance = _nobody
    checkpoint: Path | None = None
    """Folder that is the fit's own, to go on from after a kill."""


class Recipe(Protocol):
    """One candidate before it is fitted."""

    @property
    def name(self) -> str:
        """As the report says it."""
        ...

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the candidates whose answers it averages; empty: it is fitted by itself."""
        ...

    @property
    def dear(self) -> bool:
        """Whether a fit takes so long that a hopeless one is ended early."""
        ...

    def fit(self, part: Part, making: Making, /) -> Fitted:
        """A model of these rows."""
        ...

    def read(self, folder: Path, known: Known, /) -> Fitted:
        """A model that was written to a folder."""
        ...

    def epochs(self, fitted: Fitted, /) -> int:
        """After how many epochs a fit was best; 0 where there are none."""
        ...
