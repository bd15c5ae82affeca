"""The sentence encoder: texts to unit vectors, the same vector whatever text stands beside it."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from finetune.encoder_folder import EncoderFolder, find
from finetune.forward import Forward, Network, TorchForward
from finetune.threads import bound_torch
from ingest.errors import SettingsFault

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

log = logging.getLogger(__name__)

BATCH_TOKENS = 4096
"""Tokens in one pass through the model: bounds memory for short and for long texts."""

MAX_CHARACTERS = 20_000
"""Far more than any token limit; keeps a giant text from costing seconds."""

DEFAULT_THREADS = 2

LEAST_LENGTH = 1e-12
"""Of a vector that is divided by its length."""

WEIGHTS_REMEDY = "Set ANDON_ENCODER to another directory, or leave it empty for the default."


class Encoder:
    """A frozen transformer with pooling and L2 norm; safe to call from several threads."""

    def __init__(self, folder: EncoderFolder, model: PreTrainedModel, tokenizer: Tokenizer) -> None:
        self._folder = folder
        self._model = model
        self._tokenizer = tokenizer
        self.network = Network(model, folder.pooling)
        """What a pass computes, for an export."""
        self.forward: Forward = TorchForward(self.network.rows)
        """What makes the pass; torch, unless this is a view `through` another runtime."""

    @property
    def name(self) -> str:
        """Hub id of the default encoder, else the directory's name."""
        return self._folder.name

    @property
    def sha256(self) -> str:
        """Content hash of the weights, for manifests."""
        return self._folder.sha256

    @property
    def folder(self) -> EncoderFolder:
        """Where the model lies."""
        return self._folder

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.config.hidden_size)

    @property
    def backbone(self) -> PreTrainedModel:
        """The frozen transformer; copy it before changing anything."""
        return self._model

    def tokens(self, texts: Sequence[str], *, limit: int | None = None) -> list[list[int]]:
        """Token ids of each text with the special tokens, cut to what the model can read."""
        limit = min(limit or self._folder.max_tokens, self._folder.max_tokens)
        encoded = self._tokenizer.encode_batch([_readable(text) for text in texts])
        return [_cut(item.ids, limit) for item in encoded]

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One unit vector a text, shape (len(texts), dimension)."""
        forward = self.forward
        found = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for rows, ids in same_length_batches(self.tokens(texts), step=forward.step):
            found[rows] = units(forward(ids))
        return found

    def through(self, forward: Forward) -> Encoder:
        """The same encoder with its passes made by another runtime."""
        found = copy.copy(self)
        found.forward = forward
        return found


def units(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row at length one."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    found: NDArray[np.float32] = rows / np.maximum(lengths, LEAST_LENGTH)
    return found


def load_encoder(spec: str | None = None, *, threads: int = DEFAULT_THREADS) -> Encoder:
    """The encoder that `spec` (the value of ANDON_ENCODER) names, else the default one.

    Args:
        spec: directory or hub id; None or empty for the default encoder.
        threads: CPU threads of this process for the model.

    Raises:
        SettingsFault: no such encoder, or it is not what it claims to be.
    """
    folder = find(spec)
    return Encoder(folder, _model(folder, threads), _tokenizer(folder))


def same_length_batches(
    tokens: Sequence[Sequence[int]], *, budget: int = BATCH_TOKENS, step: int = 1
) -> Iterator[tuple[list[int], list[Sequence[int]]]]:
    """Row numbers and token ids of texts of one width, so that no neighbour counts.

    Args:
        tokens: of each text.
        budget: tokens in one batch at most, but for a text that is longer.
        step: lengths that round up to the same multiple of it are one width.
    """
    widths = [-(-len(row) // step) for row in tokens]
    batch: list[int] = []
    for row in sorted(range(len(tokens)), key=lambda row: widths[row]):
        width = widths[row]
        if batch and (widths[batch[0]] != width or (len(batch) + 1) * width * step > budget):
            yield batch, [tokens[item] for item in batch]
            batch = []
        batch.append(row)
    if batch:
        yield batch, [tokens[item] for item in batch]


def _model(folder: EncoderFolder, threads: int) -> PreTrainedModel:
    bound_torch(threads)
    quiet()
    model, absent = _read_model(folder)
    if absent:
        raise SettingsFault(
            f"The encoder in {folder.path} lacks {len(absent)} weights, {absent[0]} among them.",
            remedy=WEIGHTS_REMEDY,
        )
    log.info("encoder loaded", extra={"encoder": folder.name, "sha256": folder.sha256[:12]})
    loaded: PreTrainedModel = model.eval().requires_grad_(requires_grad=False)
    return loaded


def _read_model(folder: EncoderFolder) -> tuple[Any, list[str]]:
    """The model, and the weights that the file lacked and that would be random numbers."""
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModel

    try:
        model, info = AutoModel.from_pretrained(
            folder.path,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as fault:
        raise SettingsFault(
            f"The encoder in {folder.path} cannot be loaded: {fault}", remedy=WEIGHTS_REMEDY
        ) from fault
    return model, sorted(key for key in info["missing_keys"] if "pooler" not in key)


def quiet() -> None:
    """No progress bars or advice of transformers on standard error."""
    from transformers.utils import logging as advice

    advice.set_verbosity_error()  # type: ignore[no-untyped-call]  # published without types
    advice.disable_progress_bar()  # type: ignore[no-untyped-call]


def _tokenizer(folder: EncoderFolder) -> Tokenizer:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder.path / "tokenizer.json"))
    except Exception as fault:  # the library raises bare Exception for an unreadable file
        raise SettingsFault(f"The tokenizer in {folder.path} cannot be read: {fault}") from fault
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _readable(text: str) -> str:
    """Text that the tokenizer takes: lone surrogates replaced, length bounded."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def _cut(ids: list[int], limit: int) -> list[int]:
    """Keep the closing special token when cutting."""
    return ids if len(ids) <= limit else [*ids[: limit - 1], ids[-1]]
