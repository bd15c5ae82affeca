"""The candidates of each kind of task, from cheap to dear."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from finetune.candidates.average import Average
from finetune.candidates.linear import Linear
from finetune.candidates.lora import Lora, LoraSettings
from finetune.candidates.lora_training import Part, train_lora
from finetune.candidates.majority import Majority
from finetune.candidates.recipe import Known, Making, Recipe
from finetune.candidates.tabular import TABULAR, Tabular
from finetune.encoder import Encoder
from finetune.examples import Fitted
from ingest.errors import SettingsFault


@dataclass(frozen=True, slots=True)
class _Plain:
    """A candidate that is fitted in one go."""

    name: str
    members: tuple[str, ...] = ()
    dear: bool = False

    def epochs(self, _fitted: Fitted) -> int:
        """There are none."""
        return 0


class _Majority(_Plain):
    def fit(self, part: Part, making: Making) -> Fitted:
        """Counts labels."""
        return Majority.fit(part.labels, making.known.classes)

    def read(self, folder: Path, _known: Known) -> Fitted:
        """From its file."""
        return Majority.read(folder)


class _Words(_Plain):
    """Linear models; the hybrid also reads the encoder's vectors."""

    @property
    def _hybrid(self) -> bool:
        return self.name == "hybrid"

    def fit(self, part: Part, making: Making) -> Fitted:
        """TF-IDF and a regression."""
        classes = making.known.classes
        return Linear.fit(part.examples, part.labels, classes=classes, hybrid=self._hybrid)

    def read(self, folder: Path, known: Known) -> Fitted:
        """From its two files."""
        return Linear.read(folder, classes=known.classes, hybrid=self._hybrid)


class _Tabular(_Plain):
    def fit(self, part: Part, making: Making) -> Fitted:
        """A scikit-learn model of the table."""
        data = (part.examples, part.labels)
        return Tabular.fit(self.name, data, classes=making.known.classes, seed=making.seed)

    def read(self, folder: Path, known: Known) -> Fitted:
        """From its file."""
        return Tabular.read(self.name, folder, classes=known.classes)


class _Lora(_Plain):
    def fit(self, part: Part, making: Making) -> Fitted:
        """Early stopping where there is a validation, a fixed number of epochs where not."""
        return train_lora(
            _encoder(making.known, self.name),
            part,
            making.validation,
            classes=making.known.classes,
            seed=making.seed,
            advance=making.advance,
            settings=_settings(making),
            checkpoint=making.checkpoint,
        )

    def read(self, folder: Path, known: Known) -> Fitted:
        """Adapter and head on the encoder."""
        return Lora.read(_encoder(known, self.name), folder, classes=known.classes)

    def epochs(self, _fitted: Fitted) -> int:
        """What early stopping found."""
        return _fitted.epochs if isinstance(_fitted, Lora) else 0


class _Average(_Plain):
    def fit(self, part: Part, making: Making) -> Fitted:
        """Each member by its own recipe."""
        return Average({name: self._member(name, part, making) for name in self.members})

    def read(self, folder: Path, known: Known) -> Fitted:
        """Each member from its files."""
        return Average(
            {
                name: (recipe(name).read(folder, known), known.temperatures[name])
                for name in self.members
            }
        )

    @staticmethod
    def _member(name: str, part: Part, making: Making) -> tuple[Fitted, float]:
        own = None if making.checkpoint is None else making.checkpoint / name
        fitted = recipe(name).fit(part, replace(making, checkpoint=own))
        return fitted, making.known.temperatures[name]


_TEXT: tuple[Recipe, ...] = (
    _Majority("majority"),
    _Words("tfidf"),
    _Words("hybrid"),
    _Lora("lora", dear=True),
    _Average("average", members=("lora", "hybrid")),
)
_TABULAR: tuple[Recipe, ...] = (_Majority("majority"), *(_Tabular(name) for name in TABULAR))


def text_recipes() -> tuple[Recipe, ...]:
    """Majority, words, words with frozen vectors, LoRA, and the average of the last two."""
    return _TEXT


def tabular_recipes() -> tuple[Recipe, ...]:
    """Majority, then the models of rows of numbers."""
    return _TABULAR


def recipe(name: str) -> Recipe:
    """The candidate of that name.

    Raises:
        SettingsFault: there is none.
    """
    known = {one.name: one for one in (*_TEXT, *_TABULAR)}
    if name not in known:
        raise SettingsFault(f"There is no candidate {name}; there are {', '.join(known)}.")
    return known[name]


def up_to(recipes: tuple[Recipe, ...], last: str | None) -> tuple[Recipe, ...]:
    """The ladder as far as the rung of that name; None: all of it.

    Raises:
        SettingsFault: it has no such rung.
    """
    names = [one.name for one in recipes]
    if last is None:
        return recipes
    if last not in names:
        raise SettingsFault(f"The ladder has no rung {last}; it has {', '.join(names)}.")
    return recipes[: names.index(last) + 1]


def _settings(making: Making) -> LoraSettings | None:
    if not making.epochs:
        return making.lora
    return replace(making.lora or LoraSettings(), epochs=making.epochs)


def _encoder(known: Known, name: str) -> Encoder:
    if known.encoder is None:
        raise SettingsFault(f"The candidate {name} needs the encoder.")
    return known.encoder
