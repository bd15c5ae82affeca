"""A transformer through ONNX Runtime at full precision."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from finetune.forward import Rows
from finetune.runtimes.kinds import Kind
from finetune.runtimes.padding import STEP, padded
from ingest.errors import SettingsFault

ERRORS_ONLY = 3


class OnnxRuntimeForward:
    """One session; ONNX Runtime lets several threads use it."""

    step = STEP

    def __init__(self, kind: Kind, content: bytes, *, threads: int) -> None:
        """Open; `content` is an export that was looked at.

        Raises:
            SettingsFault: ONNX Runtime does not take it.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = ERRORS_ONLY
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.name = kind.name
        try:
            self._session = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as fault:  # its classes derive from Exception alone
            raise SettingsFault(f"ONNX Runtime does not take the export: {fault}") from fault

    def __call__(self, ids: Sequence[Sequence[int]]) -> Rows:
        """One row a text."""
        rectangle, lengths = padded(ids)
        (rows,) = self._session.run(None, {"ids": rectangle, "lengths": lengths})
        found: Rows = np.asarray(rows, dtype=np.float32)
        return found
