"""The export of an encoder and what was seen of each runtime on it, kept beside the models."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from finetune.artefact import seal, verify
from finetune.encoder_folder import EncoderFolder
from finetune.forward import Network
from finetune.runtimes.export import FILE, write_onnx
from finetune.runtimes.kinds import machine, versions
from finetune.runtimes.probing import Probed
from finetune.untrusted_json import read_json
from ingest.errors import SettingsFault

log = logging.getLogger(__name__)


class Keeping:
    """One folder an encoder and a set of libraries; other sets' folders are removed."""

    def __init__(self, root: Path, encoder: EncoderFolder) -> None:
        pieces = json.dumps([encoder.sha256, encoder.pooling, versions()])
        self._prefix = f"{encoder.sha256[:16]}-"
        self._name = self._prefix + hashlib.sha256(pieces.encode()).hexdigest()[:12]
        self._root = root
        self._encoder = encoder

    def export(self, network: Network) -> Path:
        """The sealed export of the encoder; made when it is not there, or not what was sealed.

        Raises:
            SettingsFault: it cannot be made.
        """
        folder = self._root / self._name
        if folder.exists():
            try:
                verify(folder)
                return folder / FILE
            except SettingsFault as fault:
                log.warning("export of the encoder is made anew", extra={"fault": str(fault)})
        self._make(folder, network)
        return folder / FILE

    def seen(self, threads: int) -> dict[str, Probed]:
        """What an earlier start saw on this machine with so many threads; empty: nothing."""
        try:
            read = read_json(self._notes(threads))
            return TypeAdapter(dict[str, Probed]).validate_python(read)
        except (OSError, ValueError, SettingsFault):
            return {}

    def keep(self, seen: Mapping[str, Probed], threads: int) -> None:
        """For the next start; that it cannot be written is no fault."""
        text = json.dumps({name: one.as_dict() for name, one in seen.items()}, indent=1)
        path = self._notes(threads)
        fresh = path.with_suffix(f".{os.getpid()}")
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            fresh.write_text(text + "\n", encoding="utf-8")
            fresh.replace(path)
        except OSError as fault:
            log.warning("timings of the runtimes are not kept", extra={"fault": str(fault)})

    def _notes(self, threads: int) -> Path:
        return self._root / f"{self._name}.{machine()}-{threads}.json"

    def _make(self, folder: Path, network: Network) -> None:
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            scratch = Path(tempfile.mkdtemp(prefix=".writing-", dir=self._root))
        except OSError as fault:
            raise SettingsFault(f"No export can be kept in {self._root}: {fault}") from fault
        try:
            write_onnx(network, scratch / FILE)
            seal(scratch)
            _remove(self._outdated())
            _remove([folder])
            scratch.rename(folder)
        except OSError as fault:  # another process was faster, or the disk is full
            if not folder.exists():
                raise SettingsFault(f"No export can be kept in {folder}: {fault}") from fault
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        log.info("encoder exported", extra={"encoder": self._encoder.name, "folder": str(folder)})

    def _outdated(self) -> list[Path]:
        found = self._root.glob(f"{self._prefix}*")
        return [path for path in found if not path.name.startswith(self._name)]


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
