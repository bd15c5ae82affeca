"""A transformer of torch as one ONNX file, which OpenVINO and ONNX Runtime both read."""

from __future__ import annotations

import copy
import logging
import warnings
from pathlib import Path

from finetune.forward import Network
from ingest.errors import SettingsFault

MOST_BYTES = 2_000_000_000
"""Protobuf carries no more; weights beside the file are not ours."""
OPSET = 17
LARGE = 16_384
"""Bytes of weights that are kept at half precision."""
MOST_HALF = 60_000.0
"""Half precision ends a little above."""
FILE = "transformer.onnx"


def write_onnx(network: Network, path: Path) -> None:
    """Export a network with its weights inside the file.

    Raises:
        SettingsFault: it cannot be exported, or is too large for one file.
    """
    import torch

    class _Traced(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model, self.head = network.model, network.head

        def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
            return Network(self.model, network.pooling, self.head).rows(ids, lengths)

    module = copy.deepcopy(_Traced()).to("cpu").float().eval()
    example = (torch.ones(2, 12, dtype=torch.long), torch.tensor([12, 9]))
    sizes = {"ids": {0: "texts", 1: "tokens"}, "lengths": {0: "texts"}, "rows": {0: "texts"}}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of tracing; the gate compares what comes out
            torch.onnx.export(
                module,
                example,
                str(path),
                dynamo=False,  # the newer exporter needs a library more
                input_names=["ids", "lengths"],
                output_names=["rows"],
                dynamic_axes=sizes,
                opset_version=OPSET,
            )
    except (RuntimeError, ValueError, TypeError, AttributeError) as fault:
        raise SettingsFault(f"The encoder cannot be exported: {fault}") from fault
    _halve(path)


def _halve(path: Path) -> None:
    """Keep the large weights at half precision: half the file, and the gate sees what it costs."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(path), load_external_data=False)
    casts = []
    for weights in model.graph.initializer:
        if weights.data_type != TensorProto.FLOAT or len(weights.raw_data) < LARGE:
            continue
        name, values = weights.name, numpy_helper.to_array(weights)
        if not np.abs(values).max() < MOST_HALF:
            continue
        weights.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [weights.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, str(path))


def read_onnx(path: Path) -> bytes:
    """The content of an export of ours: standard operators, weights inside, nothing beside it.

    The runtimes are given these bytes and no path, so that a reference to a file leads nowhere.

    Raises:
        SettingsFault: it is anything else.
    """
    import onnx

    if path.stat().st_size > MOST_BYTES:
        raise SettingsFault(f"{path} is larger than an export of ours can be.")
    content = path.read_bytes()
    try:
        model = onnx.load_model_from_string(content)
    except Exception as fault:  # protobuf's own classes, which are not ours to name
        raise SettingsFault(f"{path} is no ONNX file: {fault}") from fault
    nodes = model.graph.node
    if not nodes or not model.graph.initializer:
        raise SettingsFault(f"{path} is no ONNX file of a transformer.")
    inside = [one for node in nodes for attribute in node.attribute for one in [attribute.t]]
    if any(one.external_data for one in (*model.graph.initializer, *inside)):
        raise SettingsFault(f"{path} wants weights from another file, which is refused.")
    if model.graph.sparse_initializer or model.functions:
        raise SettingsFault(f"{path} holds what no export of ours has.")
    if any(node.domain not in {"", "ai.onnx"} or _nested(node) for node in nodes):
        raise SettingsFault(f"{path} holds operators that no export of ours has.")
    return content


def _nested(node: object) -> bool:
    """Whether a node carries a graph of its own, where more could hide."""
    from onnx import NodeProto

    assert isinstance(node, NodeProto)  # noqa: S101  # for the type checker
    return any(attribute.HasField("g") or attribute.graphs for attribute in node.attribute)
