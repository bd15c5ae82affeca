"""Haystack or LlamaIndex over one collection, in a process and an environment of its own.

Run by `tests.bench.rivals`, never imported: neither is a dependency of ours. A JSON file in, one
out: for each way to join words and vectors the ranked documents and the CPU time of a question.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

DEPTH = 20
"""Passages from each search, so that ten different documents are among them."""
WARM = 5
"""Questions that are asked before time is taken."""

Ask = Callable[[str, str | None], list[tuple[str, float]]]
"""A question and its machine to document ids with their scores."""


def main() -> None:
    """Index, answer, tell what it cost."""
    asked, answered = (Path(name) for name in sys.argv[1:])
    answered.write_text(json.dumps(_answers(json.loads(asked.read_text()))))


def _answers(wanted: dict[str, Any]) -> dict[str, Any]:
    import torch

    torch.set_num_threads(wanted["threads"])
    made = {"haystack": _haystack, "llamaindex": _llamaindex}[wanted["system"]](wanted)
    return {name: _measured(ask, wanted["questions"]) for name, ask in made.items()}


def _measured(ask: Ask, questions: list[dict[str, Any]]) -> dict[str, Any]:
    for question in questions[:WARM]:
        ask(question["text"], question["machine"])
    began = time.process_time()
    found = [ask(question["text"], question["machine"]) for question in questions]
    spent = time.process_time() - began
    return {
        "ranked": [list(dict.fromkeys(name for name, _ in one))[:10] for one in found],
        "scores": [one[0][1] if one else 0.0 for one in found],
        "cpu_ms": 1000 * spent / len(questions),
    }


def _haystack(wanted: dict[str, Any]) -> dict[str, Ask]:
    """In memory: BM25 and vectors in one pipeline, joined as its guide to hybrid search does."""
    from haystack import Document
    from haystack.components.preprocessors import DocumentSplitter
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import (
        SentenceTransformersDocumentEmbedder,
    )

    rows = [
        Document(content=one["text"], meta={"id": one["id"], "title": one["title"],
                                            "machine": one["machine"]})
        for one in wanted["documents"]
    ]  # fmt: skip
    words = {"split_length": wanted["words"]} if wanted["words"] else {}
    splitter = DocumentSplitter(split_by="word", **words)
    chunks = splitter.run(documents=rows)["documents"]
    titled = [
        Document(content=f"{one.meta['title']}\n{one.content}", meta=one.meta) for one in chunks
    ]
    embedder = SentenceTransformersDocumentEmbedder(model=wanted["model"], progress_bar=False)
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    store.write_documents(embedder.run(documents=titled)["documents"])
    return {mode: _haystack_ask(store, wanted["model"], mode) for mode in wanted["fusions"]}


def _haystack_ask(store: Any, model: str, mode: str) -> Ask:
    from haystack import Pipeline
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers.in_memory import (
        InMemoryBM25Retriever,
        InMemoryEmbeddingRetriever,
    )
    from haystack_integrations.components.embedders.sentence_transformers import (
        SentenceTransformersTextEmbedder,
    )

    line = Pipeline()
    line.add_component(
        "embedder", SentenceTransformersTextEmbedder(model=model, progress_bar=False)
    )
    line.add_component("vectors", InMemoryEmbeddingRetriever(store, top_k=DEPTH))
    line.add_component("words", InMemoryBM25Retriever(store, top_k=DEPTH, scale_score=True))
    line.add_component("joiner", DocumentJoiner(join_mode=mode, top_k=DEPTH))
    line.connect("embedder.embedding", "vectors.query_embedding")
    line.connect("vectors", "joiner")
    line.connect("words", "joiner")

    def ask(question: str, machine: str | None) -> list[tuple[str, float]]:
        scope = {"field": "meta.machine", "operator": "==", "value": machine} if machine else None
        done = line.run(
            {
                "embedder": {"text": question},
                "vectors": {"filters": scope},
                "words": {"query": question, "filters": scope},
            }
        )
        return [(one.meta["id"], float(one.score or 0.0)) for one in done["joiner"]["documents"]]

    return ask


def _llamaindex(wanted: dict[str, Any]) -> dict[str, Ask]:
    """In memory: vectors and BM25 under its fusion retriever, without a model that rewrites."""
    from llama_index.core import Document, VectorStoreIndex
    from llama_index.core.llms import MockLLM
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.core.settings import Settings
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    Settings.llm = MockLLM()
    Settings.embed_model = HuggingFaceEmbedding(model_name=wanted["model"], device="cpu")
    rows = [
        Document(
            text=one["text"],
            metadata={"title": one["title"], "id": one["id"], "machine": one["machine"] or ""},
            excluded_embed_metadata_keys=["id", "machine"],
        )
        for one in wanted["documents"]
    ]
    size = wanted["words"] + 40  # the title and its key count as words of the passage
    own = {"chunk_size": size, "chunk_overlap": 0, "tokenizer": str.split}
    splitter = SentenceSplitter(**(own if wanted["words"] else {}))
    index = VectorStoreIndex(splitter.get_nodes_from_documents(rows))
    return {mode: _llamaindex_ask(index, mode) for mode in wanted["fusions"]}


def _llamaindex_ask(index: Any, mode: str) -> Ask:
    from llama_index.core.retrievers import QueryFusionRetriever
    from llama_index.core.vector_stores import MetadataFilter, MetadataFilters
    from llama_index.retrievers.bm25 import BM25Retriever

    made: dict[str | None, Any] = {}

    def retriever(machine: str | None) -> Any:
        """One for each machine: its search of words takes its filter only when it is made."""
        if machine not in made:
            scope = (
                MetadataFilters(filters=[MetadataFilter(key="machine", value=machine)])
                if machine
                else None
            )
            vectors = index.as_retriever(similarity_top_k=DEPTH, filters=scope)
            words = BM25Retriever.from_defaults(index=index, similarity_top_k=DEPTH, filters=scope)
            made[machine] = QueryFusionRetriever(
                [vectors, words],
                mode=mode,
                similarity_top_k=DEPTH,
                num_queries=1,
                use_async=False,
            )
        return made[machine]

    def ask(question: str, machine: str | None) -> list[tuple[str, float]]:
        found = retriever(machine).retrieve(question)
        return [(one.node.metadata["id"], float(one.score or 0.0)) for one in found]

    return ask


if __name__ == "__main__":
    main()
