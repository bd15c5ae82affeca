"""A cross-encoder gives each pair its score, and says what is wrong with its directory."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from finetune.reranker import CrossEncoder, load_reranker
from ingest.errors import SettingsFault


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_reranker(tmp_path_factory.mktemp("reranker"))


@pytest.fixture(scope="module")
def reranker(folder: Path) -> CrossEncoder:
    found = load_reranker(str(folder), threads=1)
    assert found is not None
    return found


def make_reranker(folder: Path, *, labels: int = 1) -> Path:
    """A cross-encoder with random weights and a word list for a tokenizer."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification

    words = ["oil", "pump", "hot", "clean", "the", "cooler", "press", "valve", "stop"]
    vocabulary = {word: at for at, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    with torch.random.fork_rng():
        torch.manual_seed(1)
        config = BertConfig(
            vocab_size=len(vocabulary),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=64,
            initializer_range=1.0,
        )
        config.num_labels = labels
        BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_a_pair_has_one_score_whatever_stands_beside_it(reranker: CrossEncoder) -> None:
    """Longer neighbours in the batch change nothing, nor does their number."""
    texts = ["oil hot", "the pump " * 200, *["clean the cooler"] * 9, ""]
    together = reranker.scores("hot oil", texts)
    alone = [reranker.scores("hot oil", [text])[0] for text in texts]
    assert together == pytest.approx(alone, abs=1e-5)
    assert all(0.0 <= score <= 1.0 for score in together)
    assert len({round(score, 4) for score in together}) > 2
    assert reranker.scores("hot oil", []) == []


def test_both_texts_count(reranker: CrossEncoder) -> None:
    """Another question gives another score, and nothing in a text stops it."""
    assert reranker.scores("stop the press", ["oil"]) != reranker.scores("hot valve", ["oil"])
    assert len(reranker.scores("\ud800" * 9, ["\x00\udfff", "word " * 100_000])) == 2


def test_no_directory_is_no_reranker() -> None:
    """It is off by default."""
    assert load_reranker("", threads=1) is None


def test_what_is_no_cross_encoder_is_refused(folder: Path, tmp_path: Path) -> None:
    """With the setting to look at: missing files, another kind of model, more labels."""
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    config = json.loads((broken / "config.json").read_text())
    (broken / "config.json").write_text(json.dumps(config | {"architectures": ["BertModel"]}))
    several = tmp_path / "several"
    several.mkdir()
    make_reranker(several, labels=3)
    for path, words in (
        (tmp_path / "nowhere", "has no config.json"),
        (broken, "no cross-encoder"),
        (several, "3 labels"),
    ):
        with pytest.raises(SettingsFault, match=words) as caught:
            load_reranker(str(path), threads=1)
        assert "ANDON_RERANKER" in str(caught.value)
