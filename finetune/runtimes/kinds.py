"""The runtimes that there are, and which of them this machine may use."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from finetune.forward import EXACT

AUTO, TORCH = "auto", "torch"
PIECES = ("onnx", "onnxruntime", "openvino", "torch", "transformers")
"""Libraries that an export or a timing depends on."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A library at a precision."""

    name: str
    library: str
    precision: str


KINDS = (
    Kind("openvino bf16", "openvino", "bf16"),
    Kind("openvino int8", "openvino", "int8"),
    Kind("openvino fp32", "openvino", "fp32"),
    Kind("onnxruntime fp32", "onnxruntime", "fp32"),
    Kind(EXACT, TORCH, "fp32"),
)
"""Two are not among them because their answers depend on the neighbours: ONNX Runtime's dynamic
int8, which scales a whole batch at once, and torch at bf16, which adds up in another order."""


def kinds_of(wanted: str) -> tuple[Kind, ...]:
    """Those that a setting asks for; torch at full precision is always among them."""
    return tuple(kind for kind in KINDS if wanted in {AUTO, kind.library} or kind.name == EXACT)


def absent(kind: Kind) -> str:
    """Why a kind cannot be used here; empty where it can."""
    if kind.library == TORCH:
        return ""
    missing = [name for name in (kind.library, "onnx") if find_spec(name) is None]
    if missing:
        return f"{missing[0]} is not installed (pip install 'andon[fast]')"
    return ""


def versions() -> dict[str, str]:
    """Of the libraries that are installed."""
    found = {}
    for name in PIECES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


def machine() -> str:
    """A short name of this processor and what it can do."""
    told = [platform.machine(), platform.processor()]
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    told += sorted({line for line in lines if line.startswith(("model name", "flags"))})
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]
