"""Which engine a library uses, and how it is opened; a damaged one is made anew."""

from __future__ import annotations

import logging
from pathlib import Path

from rag.catalog import Catalog
from rag.encoding import TextEncoder
from rag.errors import ShardDamaged
from rag.index import PassageIndex
from rag.settings import RagSettings

log = logging.getLogger(__name__)


def open_index(
    folder: Path,
    encoder: TextEncoder,
    catalog: Catalog,
    settings: RagSettings,
    *,
    anew: bool = False,
) -> PassageIndex:
    """The index that the settings name; it may still hold vectors of an earlier encoder.

    Args:
        anew: Throw away what it holds; so is a folder that cannot be opened, for all of it can
            be made again from the store.
    """
    stored = catalog.setting("encoder").rpartition("/")[2]
    dimension = int(stored) if stored else encoder.dimension
    if settings.qdrant_url:
        from rag.client import ClientIndex

        index = ClientIndex.at(settings, dimension)
        if anew:
            index.clear(dimension)
        return index
    return _open_folder(folder, dimension, anew=anew)


def _open_folder(folder: Path, dimension: int, *, anew: bool) -> PassageIndex:
    from rag.edge import EdgeIndex

    try:
        return EdgeIndex(folder, dimension, anew=anew)
    except ShardDamaged as fault:
        log.error("vectors damaged, made anew", extra={"folder": str(folder), "fault": str(fault)})
        return EdgeIndex(folder, dimension, anew=True)
