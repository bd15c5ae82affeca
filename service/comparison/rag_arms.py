"""The arms of retrieval: the nearest labelled examples and rows of the code table vote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from finetune.task import Task
from rag.encoding import TextEncoder
from rag.settings import RagSettings
from service.comparison.asked_model import Prompting
from service.comparison.entrants import ALL, CURVE, NONE, Size
from service.comparison.looked_up import LookedUpArm
from service.comparison.nearest import NearestReady
from service.comparison.nouns import Approach, CodeRow, Known

if TYPE_CHECKING:
    from service.comparison.ports import Answerer, Arm

_SIZES: tuple[Size, ...] = (*CURVE, ALL)


def rag_arms(
    task: Task,
    *,
    codes: Sequence[CodeRow],
    encoder: TextEncoder | None,
    model: Prompting | None = None,
    settings: RagSettings | None = None,
) -> tuple[Arm, ...]:
    """Every arm of retrieval: by vote, and with a language model by examples that are shown to it.

    Args:
        task: what is decided.
        codes: rows of code tables; with some there is an arm without labelled examples.
        encoder: of texts; None: words alone are compared, or numbers.
        model: the language model that is set.
        settings: how terms are weighed.
    """
    settings = settings or RagSettings()
    sizes = (NONE, *_SIZES) if codes and task.reads_texts else _SIZES
    arms = [Nearest(None, settings, sizes=sizes, reads_texts=task.reads_texts)]
    if encoder is not None and task.reads_texts:
        arms.append(Nearest(encoder, settings, sizes=sizes))
    return (*arms, LookedUpArm(model, arms[-1])) if model is not None else tuple(arms)


class Nearest:
    """The nearest vote."""

    approach = Approach.RAG
    baseline = False
    redone = "only the examples and rows that changed are read and indexed again"

    def __init__(
        self,
        encoder: TextEncoder | None,
        settings: RagSettings,
        *,
        sizes: tuple[Size, ...] = _SIZES,
        reads_texts: bool = True,
    ) -> None:
        """Without an encoder by words and codes alone, or by numbers."""
        self._encoder = encoder
        self._settings = settings
        self._reads_texts = reads_texts
        self.sizes = sizes

    @property
    def name(self) -> str:
        """By what it finds."""
        return "nearest" if self._encoder or not self._reads_texts else "nearest by words"

    @property
    def model(self) -> str:
        """What finds the nearest."""
        if not self._reads_texts:
            return "distance of scaled numbers"
        return f"{self._encoder.name} and BM25" if self._encoder else "BM25"

    @property
    def versioned(self) -> tuple[str, ...]:
        """What a vote stands on."""
        what = ("every labelled example and every row of the code table, by content hash",)
        return (*what, "the encoder, by content hash") if self._encoder else what

    def ready(self, known: Known) -> NearestReady:
        """Index what is known, and choose on it how votes are weighed.

        Raises:
            DataFault: there is nothing that could vote.
        """
        return NearestReady(known, self._encoder, self._settings)

    def renewed(self, answerer: Answerer, known: Known) -> NearestReady:
        """Index what changed; votes are weighed as before."""
        if not isinstance(answerer, NearestReady):
            return self.ready(known)
        return answerer.renewed(known)
