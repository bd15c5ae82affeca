"""Figures are those of trec_eval, over collections in BEIR layout."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from ingest.errors import DataFault
from rag.evaluation.beir import indexed, measured
from rag.evaluation.collection import read_collection
from rag.evaluation.ranking import ndcg
from rag.fusion import fuse
from rag.index import Hit
from rag.settings import RagSettings
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.rag.writing import write


def collection(folder: Path) -> Path:
    corpus = [
        {"_id": "../a/1", "title": "alarm 16", "text": "Pump jam", "metadata": {"machine": "one"}},
        {"_id": "b 2", "title": "alarm 16", "text": "Valve leak", "metadata": {"machine": "two"}},
        {"_id": "c", "title": "", "text": "The oil cooler is fouled. " * 40},
    ]
    queries = [
        {"_id": "q1", "text": "alarm 16, pump jam?", "metadata": {"machine": "two"}},
        {"_id": "q2", "text": "fouled cooler"},
        {"_id": "q3", "text": "never graded"},
    ]
    write(folder, "corpus.jsonl", "\n".join(json.dumps(line) for line in corpus))
    write(folder, "queries.jsonl", "\n".join(json.dumps(line) for line in queries))
    grades = "query-id\tcorpus-id\tscore\nq1\tb 2\t1\nq2\tc\t1\nq2\tzz\t0\n"
    write(folder / "qrels", "test.tsv", grades)
    return folder


def test_a_collection_is_indexed_and_asked(tmp_path: Path) -> None:
    """The machine filters where both sides name one; the best passage of a document counts."""
    read = read_collection(collection(tmp_path))
    with indexed(read, HashingEncoder(), settings=RagSettings()) as place:
        result = measured(place, read.questions)
    assert result.questions == 2
    assert result.passages > 3
    assert (result.ndcg_at_10, result.recall_at_10, result.hit_at_1) == (1.0, 1.0, 1.0)
    assert result.fusion == "min-max(dense=0.4)"


def test_ndcg_by_hand() -> None:
    """Graded, cut at ten, against the best possible order."""
    assert ndcg(["a", "b"], {"a": 1}) == 1.0
    assert ndcg(["b", "a"], {"a": 1}) == pytest.approx(1 / math.log2(3))
    assert ndcg(["b", "a"], {"a": 2, "b": 1}) == pytest.approx(
        (1 + 2 / math.log2(3)) / (2 + 1 / math.log2(3))
    )
    assert ndcg([str(i) for i in range(10)] + ["a"], {"a": 1}) == 0.0


def test_a_broken_collection_is_named(tmp_path: Path) -> None:
    """File and line."""
    folder = collection(tmp_path)
    write(folder, "queries.jsonl", '{"_id": "q1", "text": "x"}\nnot json')
    with pytest.raises(DataFault, match=r"queries\.jsonl:2"):
        read_collection(folder)
    with pytest.raises(DataFault, match="corpus"):
        read_collection(tmp_path / "nowhere")


def test_scores_are_put_on_one_scale() -> None:
    """The best of each list counts 1, the last 0; the weight is the dense share."""
    dense = [Hit("a", 0.9), Hit("b", 0.5), Hit("c", 0.1)]
    sparse = [Hit("b", 12.0), Hit("d", 2.0)]
    scores = fuse(dense, sparse, RagSettings(fusion_dense_weight=0.25))
    assert scores == pytest.approx({"a": 0.25, "b": 0.875, "c": 0.0, "d": 0.0})
    assert fuse([], [], RagSettings()) == {}
    assert fuse([Hit("a", 0.3)], [], RagSettings(fusion="dense")) == {"a": 1.0}
    assert fuse(dense, sparse, RagSettings(fusion="rrf"))["b"] > 0.9
