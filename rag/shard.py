"""A shard of Qdrant's engine: how it is made, opened, told apart from a damaged one, and held."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import qdrant_edge as qdrant

from ingest.errors import StoreFault
from rag import seal
from rag.errors import ShardDamaged, ShardInUse
from rag.index import DENSE, INTEGERS, KEYWORDS, SPARSE

log = logging.getLogger(__name__)
_T = TypeVar("_T")
_MAKE_ANEW = "Delete that folder: it is made anew from the document store."
_QUANTIZATION = qdrant.TurboQuantQuantizationConfig(bits=qdrant.TurboQuantBitSize.Bits8)
"""A quarter of the bytes to read for a search; the best are scored again by the whole vectors."""
_OF_THE_DISK = (
    errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.EMFILE,
    errno.ENOMEM,
)  # fmt: skip
"""No damage: what is there may be whole."""
_NEVER_KB = 10**12
"""Segments of that size get a graph. One takes a minute of standstill for 100,000 passages, and
finds about the same, not the same."""
_DEAD_SHARE = 0.5
"""Of a segment, beyond which it is written again without what was taken out."""


def guarded(folder: Path, act: Callable[[], _T]) -> _T:
    """What the engine answers; whatever it raises, its panics too, as a fault of the store."""
    try:
        return act()
    except BaseException as fault:
        if not _of_the_engine(fault):
            raise
        raise StoreFault(f"The vectors in {folder}: {_words(fault)}.") from fault


def opened(folder: Path, dimension: int) -> Any:
    """The shard in that folder, made if there is none.

    Raises:
        ShardDamaged: it is, or was written by another engine or for other vectors.
        StoreFault: the disk is full, or may not be written to.
    """
    try:
        _refuse_broken(folder)
        seal.unseal(folder)
        shard = _made_or_loaded(folder, _config(dimension))
        shard.optimize()  # only rewrites a segment that is half dead, or was made otherwise
    except StoreFault:
        raise
    except BaseException as fault:
        if not _of_the_engine(fault):
            raise
        raise _opening_fault(folder, fault) from fault
    return shard


def closed(folder: Path, shard: Any) -> None:
    """Flush, let go and seal the folder."""
    guarded(folder, shard.close)
    try:
        seal.seal(folder)
    except OSError as fault:
        log.warning("vectors not sealed", extra={"fault": str(fault)})


def emptied(folder: Path, dimension: int, shard: Any) -> Any:
    """A new shard in place of one that may be damaged."""
    try:
        guarded(folder, shard.close)
    except StoreFault as fault:
        log.warning("vectors given up", extra={"fault": str(fault)})
    thrown_away(folder)
    return opened(folder, dimension)


def thrown_away(folder: Path) -> None:
    """Nothing is left of it; call with its lock held."""
    seal.unseal(folder)
    shutil.rmtree(folder, ignore_errors=True)


def held(folder: Path) -> int:
    """The lock of that folder as a file descriptor, for this process alone until it is closed.

    Raises:
        ShardInUse: another process has it.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(_lock_of(folder), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as fault:
        raise StoreFault(
            f"The folder {folder.parent} cannot be used: {fault.strerror}.",
            remedy="Name another home with --home or ANDON_HOME.",
        ) from fault
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as fault:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise _in_use(folder, holder) from fault
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def is_held(folder: Path) -> bool:
    """Whether another process has the shard in that folder open."""
    if not _lock_of(folder).exists():
        return False
    try:
        os.close(held(folder))
    except ShardInUse:
        return True
    return False


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _config(dimension: int) -> Any:
    return qdrant.EdgeConfig(
        vectors={
            DENSE: qdrant.EdgeVectorParams(
                size=dimension,
                distance=qdrant.Distance.Cosine,
                quantization_config=_QUANTIZATION,
            )
        },
        sparse_vectors={SPARSE: qdrant.EdgeSparseVectorParams()},
        optimizers=qdrant.EdgeOptimizersConfig(
            deleted_threshold=_DEAD_SHARE, default_segment_number=1, indexing_threshold=_NEVER_KB
        ),
    )


def _refuse_broken(folder: Path) -> None:
    if names := seal.broken(folder):
        raise ShardDamaged(
            f"The vectors in {folder} are not as they were left: {', '.join(names[:3])}"
            f"{' and others' if len(names) > 3 else ''}.",
            remedy=_MAKE_ANEW,
        )


def _made_or_loaded(folder: Path, config: Any) -> Any:
    if folder.exists() and any(folder.iterdir()):
        shard = qdrant.EdgeShard.load(str(folder), config)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        shard = qdrant.EdgeShard.create(str(folder), config)
    _index_payload(shard)
    return shard


def _index_payload(shard: Any) -> None:
    """All fields of a new shard; those that an older version did not index."""
    kinds = dict.fromkeys(KEYWORDS, qdrant.PayloadSchemaType.Keyword)
    kinds |= dict.fromkeys(INTEGERS, qdrant.PayloadSchemaType.Integer)
    there = shard.info().payload_schema
    for name in kinds.keys() - there.keys():
        shard.update(qdrant.UpdateOperation.create_field_index(name, kinds[name]))


def _of_the_engine(fault: BaseException) -> bool:
    """The engine raises nothing narrower than Exception, and a panic of its own kind."""
    return isinstance(fault, Exception) or type(fault).__module__ == "pyo3_runtime"


def _words(fault: BaseException) -> str:
    return " ".join(str(fault).split()).rstrip(".")


def _opening_fault(folder: Path, fault: BaseException) -> StoreFault:
    if "WouldBlock" in str(fault):
        return _in_use(folder, "")
    words = f"The vectors in {folder} cannot be opened: {_words(fault)}."
    if any(f"os error {number})" in words or number == _number(fault) for number in _OF_THE_DISK):
        return StoreFault(words, remedy="Make room, or give the right to write there.")
    return ShardDamaged(words, remedy=_MAKE_ANEW)


def _number(fault: BaseException) -> int | None:
    return fault.errno if isinstance(fault, OSError) else None


def _in_use(folder: Path, holder: str) -> ShardInUse:
    who = f"process {holder}" if holder else "another process"
    return ShardInUse(
        f"The vectors in {folder} are held by {who}.",
        remedy="Ask the running service (ANDON_URL), or stop it first.",
    )
