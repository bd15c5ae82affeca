"""Two ranked lists to one score a passage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag.index import Hit
from rag.settings import RagSettings

_RRF_K = 60


def fuse(dense: Sequence[Hit], sparse: Sequence[Hit], settings: RagSettings) -> dict[str, float]:
    """A score from 0 to 1 for each passage that either search found."""
    share = {"dense": 1.0, "sparse": 0.0}.get(settings.fusion, settings.fusion_dense_weight)
    scale = _ranked if settings.fusion == "rrf" else _min_max
    by_dense, by_sparse = scale(dense), scale(sparse)
    return {
        id_: share * by_dense.get(id_, 0.0) + (1.0 - share) * by_sparse.get(id_, 0.0)
        for id_ in [*by_dense, *(i for i in by_sparse if i not in by_dense)]
    }


def _min_max(hits: Sequence[Hit]) -> Mapping[str, float]:
    if not hits:
        return {}
    low, high = min(hit.score for hit in hits), max(hit.score for hit in hits)
    if high - low < 1e-9:
        return {hit.id: 1.0 for hit in hits}
    return {hit.id: (hit.score - low) / (high - low) for hit in hits}


def _ranked(hits: Sequence[Hit]) -> Mapping[str, float]:
    return {hit.id: (_RRF_K + 1) / (_RRF_K + rank) for rank, hit in enumerate(hits, start=1)}
