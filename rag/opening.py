"""Which engine a library uses, and how it is opened."""

from __future__ import annotations

from pathlib import Path

from rag.catalog import Catalog
from rag.encoding import TextEncoder
from rag.index import PassageIndex
from rag.settings import RagSettings


def open_index(
    folder: Path, encoder: TextEncoder, catalog: Catalog, settings: RagSettings
) -> PassageIndex:
    """The index that the settings name; it may still hold vectors of an earlier encoder."""
    stored = catalog.setting("encoder").rpartition("/")[2]
    dimension = int(stored) if stored else encoder.dimension
    if settings.qdrant_url:
        from rag.client import ClientIndex

        return ClientIndex.at(settings, dimension)
    from rag.edge import EdgeIndex

    return EdgeIndex(folder, dimension)
