"""Retrieval quality on a recorded manual against its two halves."""

from __future__ import annotations

import os
from pathlib import Path

from finetune.encoder import load_encoder
from rag.evaluation.beir import evaluate
from rag.evaluation.collection import read_collection
from rag.settings import RagSettings
from tests.bench.measure import Measurement

DATA = Path(os.environ.get("ANDON_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))


def manual() -> list[Measurement]:
    """nDCG@10 of the fused search against words alone and vectors alone."""
    folder = DATA / "retrieval" / "tv_manual"
    if not folder.is_dir():
        return []
    encoder, collection = load_encoder(None), read_collection(folder)
    figures = {
        fusion: evaluate(collection, encoder, settings=RagSettings(fusion=fusion)).ndcg_at_10
        for fusion in ("min-max", "sparse", "dense", "rrf")
    }
    return [
        Measurement("retrieval: device manual", "nDCG@10", figures["min-max"], other, name)
        for name, other in (
            ("words alone", figures["sparse"]),
            ("vectors alone", figures["dense"]),
            ("reciprocal rank fusion", figures["rrf"]),
        )
    ]
