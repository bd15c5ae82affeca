"""What the library needs of the rest of the house: names of machines, and who writes answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.mentions import MachineName

if TYPE_CHECKING:
    from ingest.plant import Plant
    from prompting.asking import Asker
    from prompting.library import PromptLibrary
    from rag.writing import AnswerWriter


def machine_names(plant: Plant) -> tuple[MachineName, ...]:
    """The machines that a question may name."""
    return tuple(MachineName(one.id, one.kind, one.line) for one in plant.machines)


def writer_of(asker: Asker | None, prompts: PromptLibrary) -> AnswerWriter | None:
    """Answers from passages by the model that is set; None where documents are only quoted."""
    from prompting.tasks.quoting import PassageWriter

    return PassageWriter(asker, prompts) if asker else None
