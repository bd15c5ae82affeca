"""A small world for the classifier: an encoder made on the spot, and rows that can be learnt."""

from __future__ import annotations

import csv
import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from finetune.encoder import Encoder, load_encoder
from finetune.limits import Limits, Reference
from finetune.threads import bound_torch, bounded

WORDS = {
    "hot": ["oil", "temperature", "hot", "cooler", "fan", "dust"],
    "worn": ["pump", "pressure", "low", "leak", "slow", "motor"],
    "calm": ["shift", "change", "done", "ok", "cleaned", "started"],
}
VENDORS = ["alpha", "beta", "gamma", "delta", "eps", "zeta"]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Tests run beside each other: none of them takes more than one core."""
    with bounded(1):
        yield


@pytest.fixture(scope="module", autouse=True)
def one_torch_thread() -> Iterator[None]:
    """Whatever an earlier test set: with another number, a training is another one."""
    if "torch" in sys.modules:
        bound_torch(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANDON_THREADS", "1")
        yield


WriteCsv = Callable[..., Path]


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    """A transformer with random weights, a word list for a tokenizer and no network."""
    return load_encoder(str(make_encoder(tmp_path_factory.mktemp("encoder"))), threads=1)


def make_encoder(folder: Path, *, seed: int = 0) -> Path:
    """A directory that holds everything that a sentence encoder needs."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel

    known = sorted({word for words in WORDS.values() for word in words} | set(VENDORS))
    vocabulary = {word: at for at, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *known])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = BertConfig(
            vocab_size=len(vocabulary),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=128,
        )
        BertModel(config).save_pretrained(folder)
    return folder


def text_rows(count: int = 90, *, seed: int = 0) -> list[dict[str, str]]:
    """Texts whose label can be read from their words, in six vendors' groups."""
    chance = random.Random(seed)
    rows = []
    for at in range(count):
        label = list(WORDS)[at % len(WORDS)]
        vendor = VENDORS[(at // len(WORDS)) % len(VENDORS)]
        words = [vendor, *chance.sample(WORDS[label], 3), str(chance.randint(1, 99))]
        rows.append({"text": " ".join(words), "label": label, "group": vendor})
    return rows


def number_rows(count: int = 120, *, seed: int = 0) -> list[dict[str, str]]:
    """Two numbers that tell three labels apart, in groups of four rows."""
    chance = random.Random(seed)
    rows = []
    for at in range(count):
        label = ("good", "warped", "short")[at % 3]
        heat = chance.gauss({"good": 0.0, "warped": 4.0, "short": -4.0}[label], 1.0)
        force = chance.gauss(at % 3, 0.5)
        rows.append(
            {"heat": f"{heat:.4f}", "force": f"{force:.4f}", "label": label, "group": f"g{at // 4}"}
        )
    return rows


def some_limits(
    threshold: float = 0.5, *, unknown_below: float | None = None, labels: int = 3
) -> Limits:
    """Limits that no data gave."""
    even = (1 / labels,) * labels
    reference = Reference(100, even, (0.1,) * 10, 0.8, review=0.1, unknown=0.05)
    return Limits(threshold, 0.9, unknown_below, 0.1, reference)


@pytest.fixture
def write_csv(tmp_path: Path) -> WriteCsv:
    """Writes rows as CSV and gives the path."""

    def write(rows: Sequence[dict[str, Any]], name: str = "rows.csv") -> Path:
        path = tmp_path / name
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write


def rewrite_json(path: Path, change: Callable[[Any], object]) -> None:
    """Change a JSON file in place."""
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
