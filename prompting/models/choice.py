"""The engine that the settings ask for, with what is already known of it."""

from __future__ import annotations

from pathlib import Path

from ingest.errors import SettingsFault
from prompting.capabilities import Capabilities, kept
from prompting.models.detected import DetectedModel
from prompting.models.ollama import OllamaModel
from prompting.models.openai_compatible import OpenAICompatibleModel
from prompting.models.transformers_folder import TransformersModel
from prompting.probing import Probed
from prompting.settings import PromptingSettings


def model_of(settings: PromptingSettings, home: Path | None = None) -> Probed | None:
    """The model of the settings, asked nothing yet; None where none is set.

    Args:
        home: Where the last probe is kept; None: nothing is known of the model.

    Raises:
        SettingsFault: Only half of a model is set, two are, or one cannot be used.
    """
    model = _engine(settings)
    known = kept(home) if model is not None and home is not None else None
    if model is not None and known is not None and _about(known, settings, model):
        model.adopt(known)
    return model


def _engine(settings: PromptingSettings) -> Probed | None:
    if settings.llm_folder is not None or settings.llm_engine == "transformers":
        if settings.llm_url or settings.llm_engine not in ("auto", "transformers"):
            raise SettingsFault(
                "Both a model server and a model directory are set.",
                remedy="Unset ANDON_LLM_URL or ANDON_LLM_FOLDER, and look at ANDON_LLM_ENGINE.",
            )
        return TransformersModel(settings)
    if settings.llm_engine == "ollama":
        return OllamaModel(settings)
    if settings.llm_engine == "openai":
        return OpenAICompatibleModel(settings)
    return DetectedModel(settings) if settings.llm_url or settings.llm_model else None


def _about(known: Capabilities, settings: PromptingSettings, model: Probed) -> bool:
    """Whether a probe was of this model, as far as can be told without asking."""
    places = {model.place, settings.llm_url, OllamaModel.root(settings.llm_url)}
    same = (known.model, known.wanted_tokens) == (model.model, settings.llm_context_tokens)
    fits = settings.llm_engine == "auto" or known.engine == model.engine
    return same and fits and known.place in places
