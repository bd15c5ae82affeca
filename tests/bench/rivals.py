"""Haystack and LlamaIndex in memory, with our encoder's weights, asked the same questions."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from finetune.encoder_folder import find
from rag.evaluation.collection import Collection, Question, machine_of
from rag.evaluation.ranking import ndcg

HOME = Path("bench-results/rivals")
"""Their virtual environment, made once."""
PACKAGES = (
    "haystack-ai==3.4.0",
    "sentence-transformers-haystack==2.0.0",
    "llama-index-core==0.14.25",
    "llama-index-retrievers-bm25==0.8.0",
    "llama-index-embeddings-huggingface==0.8.0",
)
FUSIONS = {
    "haystack": ("reciprocal_rank_fusion", "distribution_based_rank_fusion", "merge"),
    "llamaindex": ("reciprocal_rerank", "relative_score", "dist_based_score"),
}
"""Every way that each offers to join words and vectors; the best one is reported."""
WORDS = (120, 0)
"""Words of a passage: ours, and 0 for what each does unless told."""


@dataclass(frozen=True, slots=True)
class Run:
    """One system over one collection, under its best settings there."""

    name: str
    ndcg_at_10: float
    hit_at_1: float
    cpu_ms: float
    wrong_machine: float
    scores: tuple[float, ...]
    """Of the best passage, one a question."""


def best_run(system: str, collection: Collection, *, words: Sequence[int] = WORDS) -> Run:
    """All its settings tried; the one with the best nDCG."""
    runs = [run for size in words for run in _runs(system, collection, size)]
    return max(runs, key=lambda run: run.ndcg_at_10)


def wrong_machine(
    ranked: Sequence[Sequence[str]], questions: Sequence[Question], machines: Mapping[str, str]
) -> float:
    """Share of questions about a machine whose first document is another machine's."""
    pairs = [(names, q.machine) for names, q in zip(ranked, questions, strict=True) if q.machine]
    wrong = [bool(names) and machines.get(names[0], "") != machine for names, machine in pairs]
    return fmean(map(float, wrong)) if wrong else 0.0


def machines_of(collection: Collection) -> dict[str, str]:
    """The machine of each document that has one."""
    named = ((str(line["_id"]), machine_of(line)) for line in collection.documents)
    return {name: machine for name, machine in named if machine}


def _runs(system: str, collection: Collection, words: int) -> list[Run]:
    told = _told(system, collection, words)
    return [
        _run(f"{system}, {mode}, {f'{words} words' if words else 'its own passages'}", one,
             collection)
        for mode, one in told.items()
    ]  # fmt: skip


def _run(name: str, told: Mapping[str, Any], collection: Collection) -> Run:
    ranked = told["ranked"]
    pairs = list(zip(ranked, collection.questions, strict=True))
    have = [(names, q.relevant) for names, q in pairs if q.relevant]
    hits = (bool(names) and names[0] in relevant for names, relevant in have)
    return Run(
        name=name,
        ndcg_at_10=fmean(ndcg(names, relevant) for names, relevant in have),
        hit_at_1=fmean(map(float, hits)),
        cpu_ms=told["cpu_ms"],
        wrong_machine=wrong_machine(ranked, collection.questions, machines_of(collection)),
        scores=tuple(told["scores"]),
    )


def _told(system: str, collection: Collection, words: int) -> Mapping[str, Any]:
    known = set(machines_of(collection).values())
    wanted = {
        "system": system,
        "fusions": FUSIONS[system],
        "words": words,
        "threads": 1,
        "model": str(find(None).path.resolve()),
        "documents": [
            {"id": line["_id"], "title": line.get("title") or "", "text": line["text"],
             "machine": machine_of(line)}
            for line in collection.documents
        ],
        "questions": [
            {"text": q.text, "machine": q.machine if q.machine in known else None}
            for q in collection.questions
        ],
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder, "asked.json"), Path(folder, "answered.json")
        asked.write_text(json.dumps(wanted))
        child = Path(__file__).with_name("rivals_child.py")
        _quietly([str(_installed()), str(child), str(asked), str(answered)])
        told: Mapping[str, Any] = json.loads(answered.read_text())
    return told


def _installed() -> Path:
    """The interpreter of an environment that has both; torch first, so that it is the CPU's."""
    python = HOME / "bin" / "python"
    if not python.exists():
        _quietly([sys.executable, "-m", "venv", str(HOME)])
    if not any(HOME.glob("lib/*/site-packages/haystack_integrations")):
        pip = [str(python), "-m", "pip", "install", "--quiet", "--constraint", "constraints.txt"]
        _quietly([*pip, "torch"])
        _quietly([*pip, *PACKAGES])
    return python


def _quietly(command: list[str]) -> None:
    """Run it; what it said is shown only if it failed."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} ...: {done.stderr[-2000:]}")
