"""A cross-encoder: question and passage read together by one transformer, slower and sharper."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune.encoder_folder import WANTED
from finetune.threads import bound_torch
from ingest.errors import SettingsFault

if TYPE_CHECKING:
    from tokenizers import Tokenizer

log = logging.getLogger(__name__)

MAX_CHARACTERS = 4_000
"""Of a question or a passage; a passage of ours has about 800."""
MOST_TOKENS = 512
BATCH = 8
REMEDY = (
    "Set ANDON_RERANKER to the directory of a sentence-transformers cross-encoder with one label, "
    "or leave it empty: passages are then ranked without one."
)


class CrossEncoder:
    """Scores pairs from 0 to 1; safe to call from several threads."""

    def __init__(self, name: str, model: Any, tokenizer: Tokenizer) -> None:
        self._name = name
        self._model = model
        self._tokenizer = tokenizer

    @property
    def name(self) -> str:
        """The directory's name."""
        return self._name

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """One for each text, from 0 to 1; higher answers better."""
        found: list[float] = []
        for start in range(0, len(texts), BATCH):
            found.extend(self._batch(question, texts[start : start + BATCH]))
        return found

    def _batch(self, question: str, texts: Sequence[str]) -> list[float]:
        import torch

        pairs = [(_readable(question), _readable(text)) for text in texts]
        encoded = self._tokenizer.encode_batch(pairs)
        inputs = {
            "input_ids": torch.tensor([item.ids for item in encoded]),
            "attention_mask": torch.tensor([item.attention_mask for item in encoded]),
        }
        if self._model.config.type_vocab_size > 1:
            inputs["token_type_ids"] = torch.tensor([item.type_ids for item in encoded])
        with torch.inference_mode():
            logits = self._model(**inputs).logits[:, 0]
        return [float(score) for score in torch.sigmoid(logits)]


def load_reranker(spec: str, *, threads: int) -> CrossEncoder | None:
    """The cross-encoder in that directory (the value of ANDON_RERANKER), None without one.

    Raises:
        SettingsFault: it is no such directory, incomplete or another kind of model.
    """
    if not spec:
        return None
    folder = Path(spec).expanduser()
    _examine(folder)
    bound_torch(threads)
    model = _model(folder)
    log.info("reranker loaded", extra={"reranker": folder.name})
    return CrossEncoder(folder.resolve().name, model, _tokenizer(folder, model))


def _examine(folder: Path) -> None:
    """What can be told without running anything of it."""
    missing = [wanted for wanted in WANTED if not (folder / wanted).is_file()]
    if missing:
        raise SettingsFault(
            f"The cross-encoder in {folder} has no {', '.join(missing)}.", remedy=REMEDY
        )
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise SettingsFault(
            f"{folder / 'config.json'} cannot be read: {fault}.", remedy=REMEDY
        ) from fault
    kinds = config.get("architectures") if isinstance(config, dict) else None
    if not any(str(kind).endswith("ForSequenceClassification") for kind in kinds or ()):
        raise SettingsFault(f"The model in {folder} is no cross-encoder.", remedy=REMEDY)


def _model(folder: Path) -> Any:
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForSequenceClassification

    from finetune.encoder import quiet

    quiet()
    try:
        model, info = AutoModelForSequenceClassification.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as fault:
        raise SettingsFault(
            f"The cross-encoder in {folder} cannot be loaded: {fault}", remedy=REMEDY
        ) from fault
    if info["missing_keys"] or model.config.num_labels != 1:
        raise SettingsFault(
            f"The cross-encoder in {folder} has {model.config.num_labels} labels and lacks "
            f"{len(info['missing_keys'])} weights; wanted is one label and every weight.",
            remedy=REMEDY,
        )
    return model.eval().requires_grad_(requires_grad=False)


def _tokenizer(folder: Path, model: Any) -> Tokenizer:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as fault:  # the library raises bare Exception for an unreadable file
        raise SettingsFault(f"The tokenizer in {folder} cannot be read: {fault}") from fault
    limit = min(int(getattr(model.config, "max_position_embeddings", MOST_TOKENS)), MOST_TOKENS)
    tokenizer.enable_truncation(limit, strategy="longest_first")
    tokenizer.enable_padding(pad_id=model.config.pad_token_id or 0)
    return tokenizer


def _readable(text: str) -> str:
    """Text that the tokenizer takes: lone surrogates replaced, length bounded."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
