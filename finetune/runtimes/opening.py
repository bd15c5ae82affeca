"""A forward of a kind, from the export of what it computes."""

from __future__ import annotations

from pathlib import Path

from finetune.forward import Forward
from finetune.runtimes.export import read_onnx
from finetune.runtimes.kinds import Kind, absent
from ingest.errors import SettingsFault


def opened(kind: Kind, export: Path, *, threads: int) -> Forward:
    """Ready to run.

    Args:
        kind: any but torch, which needs no export.
        export: a file whose folder was verified.
        threads: CPU threads of one pass.

    Raises:
        SettingsFault: it is not installed, or does not take the export on this machine.
    """
    reason = absent(kind)
    if reason:
        raise SettingsFault(f"The runtime {kind.name} cannot be used: {reason}.")
    content = read_onnx(export)
    if kind.library == "openvino":
        from finetune.runtimes.openvino_forward import OpenVinoForward

        return OpenVinoForward(kind, content, threads=threads)
    from finetune.runtimes.onnxruntime_forward import OnnxRuntimeForward

    return OnnxRuntimeForward(kind, content, threads=threads)
