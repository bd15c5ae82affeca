"""A transformer through OpenVINO, its precision pinned so that no machine chooses another."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from finetune.forward import Rows
from finetune.runtimes.kinds import Kind
from finetune.runtimes.padding import STEP, padded
from ingest.errors import SettingsFault

HINTS = {"bf16": "bf16", "fp32": "f32", "int8": "f32"}
GROUP = "32"
"""Numbers of a token's row that share a scale at int8: a row is scaled by itself alone."""

log = logging.getLogger(__name__)


class OpenVinoForward:
    """One compiled model with one stream: passes of several threads go one after the other."""

    step = STEP

    def __init__(self, kind: Kind, content: bytes, *, threads: int) -> None:
        """Compile; `content` is an export that was looked at.

        Raises:
            SettingsFault: OpenVINO does not take it, or not at this precision on this machine.
        """
        import openvino

        self.name = kind.name
        self._lock = threading.Lock()
        core = openvino.Core()
        _refuse_emulated(core, kind)
        try:
            model = core.read_model(content, b"")
            if kind.precision == "int8":
                _squeeze(model)
            compiled = core.compile_model(model, "CPU", _settings(kind, threads))
            self._request: Any = compiled.create_infer_request()
        except RuntimeError as fault:
            raise SettingsFault(f"OpenVINO does not take the export: {fault}") from fault

    def __call__(self, ids: Sequence[Sequence[int]]) -> Rows:
        """One row a text."""
        inputs = list(padded(ids))
        with self._lock:
            self._request.infer(inputs, share_inputs=True)
            found: Rows = np.array(self._request.get_output_tensor(0).data, dtype=np.float32)
        return found


def _settings(kind: Kind, threads: int) -> dict[str, str]:
    found = {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": "1",
        "INFERENCE_NUM_THREADS": str(threads),
        "INFERENCE_PRECISION_HINT": HINTS[kind.precision],
    }
    if kind.precision == "int8":
        found["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = GROUP
    else:
        found["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = "0"
    return found


def _refuse_emulated(core: Any, kind: Kind) -> None:
    """A precision that the processor does not have would be silently another one."""
    able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    wanted = {"bf16": "BF16", "int8": "INT8"}.get(kind.precision)
    if wanted and wanted not in able:
        raise SettingsFault(f"This processor has no {kind.precision}.")


def _squeeze(model: Any) -> None:
    """Weights of every linear layer at int8, with a scale for each output."""
    from openvino import opset13 as operators

    for node in model.get_ordered_ops():
        weights = _weights(node)
        if weights is None:
            continue
        axis = 1 if node.get_attributes()["transpose_b"] else 0
        scale = np.maximum(np.abs(weights).max(axis=axis, keepdims=True), 1e-12) / 127.0
        small = np.clip(np.rint(weights / scale), -127, 127).astype(np.int8)
        wide = operators.convert(operators.constant(small), "f32")
        scaled = operators.multiply(wide, operators.constant(scale.astype(np.float32)))
        node.input(1).replace_source_output(scaled.output(0))


def _weights(node: Any) -> Any:
    """The matrix that a linear layer multiplies by; None for any other operator."""
    if node.get_type_name() != "MatMul":
        return None
    source = node.input_value(1).get_node()
    while source.get_type_name() == "Convert":
        source = source.input_value(0).get_node()
    if source.get_type_name() != "Constant" or len(source.get_output_shape(0)) != 2:
        return None
    return source.data.astype(np.float32)
