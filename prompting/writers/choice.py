"""The writer that the settings ask for."""

from __future__ import annotations

from prompting.settings import PromptingSettings
from prompting.writer import Writer
from prompting.writers.deterministic import DeterministicWriter
from prompting.writers.openai_compatible import OpenAICompatibleWriter


def writer_of(settings: PromptingSettings) -> Writer:
    """A model where one is set, else the deterministic writer.

    Raises:
        SettingsFault: Only half of a model is set, or its key cannot be read.
    """
    if settings.llm_url or settings.llm_model:
        return OpenAICompatibleWriter(settings)
    return DeterministicWriter()
