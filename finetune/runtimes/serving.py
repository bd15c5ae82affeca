"""Which runtime makes the passes: tried on this machine, let through by each model's gate."""

from __future__ import annotations

import json
import logging
import shutil
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from finetune.artefact import MANIFEST, seal
from finetune.candidates.average import Average
from finetune.candidates.lora import Lora
from finetune.encoder import Encoder
from finetune.engine import Engine, write_json
from finetune.examples import Examples, Fitted, Rows
from finetune.forward import EXACT, Forward
from finetune.runtimes.agreement import agreement, compared
from finetune.runtimes.export import FILE, write_onnx
from finetune.runtimes.keeping import Keeping
from finetune.runtimes.kinds import KINDS, TORCH, Kind, kinds_of, versions
from finetune.runtimes.opening import opened
from finetune.runtimes.probing import Probed, exact_rows, probe, probe_tokens
from ingest.errors import SettingsFault

log = logging.getLogger(__name__)

LIKE_STORED = 0.9995
"""Cosine of vectors that are compared with ones that another runtime made and that are stored."""
FOLDER, RESULT = "serving", "serving.json"


class Runtimes:
    """The runtimes of one home; safe to call from several threads."""

    def __init__(self, root: Path, *, wanted: str = TORCH, threads: int) -> None:
        """`wanted` is what ANDON_RUNTIME says; with `torch` nothing is exported or tried."""
        self._root = root
        self._wanted = wanted
        self._threads = threads
        self._lock = threading.RLock()
        self._ranked: dict[str, tuple[Probed, ...]] = {}
        self._open: dict[tuple[str, str], Forward] = {}

    def ranked(self, encoder: Encoder) -> tuple[Probed, ...]:
        """Every runtime that is wanted, the fastest first, then those that cannot be used.

        The first look at an encoder on a machine takes some seconds; it is kept.
        """
        with self._lock:
            if encoder.sha256 not in self._ranked:
                self._ranked[encoder.sha256] = self._look(encoder)
            return self._ranked[encoder.sha256]

    def fastest(self, encoder: Encoder) -> Encoder:
        """The encoder through the fastest runtime whose vectors may stand among those of torch.

        Only where a training looked at them already; a start alone exports nothing.
        """
        if not Keeping(self._root, encoder.folder).seen(self._threads):
            return encoder
        for seen in self._usable(encoder):
            if seen.alike < LIKE_STORED:
                continue
            try:
                return encoder.through(self._forward(encoder, _kind(seen)))
            except SettingsFault as fault:
                log.warning("runtime left out", extra={"runtime": seen.kind, "fault": str(fault)})
        return encoder

    def attach(self, engine: Engine, encoder: Encoder, folder: Path) -> tuple[Engine, Encoder]:
        """A model that was read, and its encoder, through the fastest runtime of its gate."""
        passed = _passed(folder)
        for seen in self._usable(encoder) if passed else ():
            if seen.kind == EXACT:
                break
            if seen.kind not in passed:
                continue
            try:
                return self._through(engine, encoder, folder, kind=_kind(seen))
            except SettingsFault as fault:
                log.warning("runtime left out", extra={"runtime": seen.kind, "fault": str(fault)})
        return engine, encoder

    def equip(
        self, engine: Engine, encoder: Encoder, folder: Path, *, rows: tuple[Examples, Rows]
    ) -> None:
        """Put a sealed model's serving export and its gate's result into its folder, sealed again.

        The fastest runtime is held against torch first; the first one that passes is enough.

        Args:
            engine: read back from the folder.
            encoder: through torch.
            folder: of the version.
            rows: labelled texts of the task.
        """
        usable = [seen for seen in self._usable(encoder) if seen.kind != EXACT]
        if not usable:
            return
        tuned = _tuned(engine.fitted)
        if tuned is not None:
            (folder / FOLDER).mkdir()
            write_onnx(tuned.network, folder / FOLDER / FILE)
        results = self._gated(engine, encoder, folder, usable, rows)
        if not any(result["passed"] for result in results):
            shutil.rmtree(folder / FOLDER, ignore_errors=True)
        write_json(folder / RESULT, {"runtimes": results, "libraries": versions()})
        (folder / MANIFEST).unlink()
        seal(folder)

    def _gated(
        self,
        engine: Engine,
        encoder: Encoder,
        folder: Path,
        usable: Sequence[Probed],
        rows: tuple[Examples, Rows],
    ) -> list[dict[str, Any]]:
        against = compared(engine, encoder, *rows)
        found: list[dict[str, Any]] = []
        for seen in usable:
            try:
                served = self._through(engine, encoder, folder, kind=_kind(seen))
                found.append(agreement(*served, against).as_dict())
            except SettingsFault as fault:
                found.append({"kind": seen.kind, "passed": False, "faults": [str(fault)]})
            log.info("runtime held against torch", extra={"result": found[-1]})
            if found[-1]["passed"]:
                break
        return found

    def _through(
        self, engine: Engine, encoder: Encoder, folder: Path, *, kind: Kind
    ) -> tuple[Engine, Encoder]:
        """Views of a model and of its encoder; neither is changed itself."""
        view = encoder.through(self._forward(encoder, kind))
        tuned = _tuned(engine.fitted)
        if tuned is None:
            return engine, view
        export = folder / FOLDER / FILE
        if not export.is_file():
            raise SettingsFault(f"The model in {folder} has no export for {kind.name}.")
        forward = opened(kind, export, threads=self._threads)
        return replace(engine, fitted=_with(engine.fitted, forward)), view

    def _usable(self, encoder: Encoder) -> list[Probed]:
        if self._wanted == TORCH and encoder.forward.name == EXACT:
            return []
        return [seen for seen in self.ranked(encoder) if not seen.fault]

    def _look(self, encoder: Encoder) -> tuple[Probed, ...]:
        keeping = Keeping(self._root, encoder.folder)
        kinds = kinds_of(self._wanted)
        seen = keeping.seen(self._threads)
        if any(kind.name not in seen for kind in kinds):
            tokens = probe_tokens(encoder)
            exact = exact_rows(encoder.forward, tokens, width=encoder.dimension)
            for kind in kinds:
                try:
                    forward = self._forward(encoder, kind)
                    seen[kind.name] = probe(forward, tokens, exact)
                except SettingsFault as fault:
                    seen[kind.name] = Probed(kind.name, fault=str(fault))
            keeping.keep(seen, self._threads)
        chosen = [seen[kind.name] for kind in kinds]
        return tuple(sorted(chosen, key=lambda one: (bool(one.fault), one.cost_ms)))

    def _forward(self, encoder: Encoder, kind: Kind) -> Forward:
        """One for all models on this encoder."""
        if kind.name == EXACT:
            return encoder.forward
        key = (encoder.sha256, kind.name)
        with self._lock:
            if key not in self._open:
                export = Keeping(self._root, encoder.folder).export(encoder.network)
                self._open[key] = opened(kind, export, threads=self._threads)
            return self._open[key]


def _kind(seen: Probed) -> Kind:
    return next(kind for kind in KINDS if kind.name == seen.kind)


def _passed(folder: Path) -> set[str]:
    """Names of the runtimes that the gate of a model let through; the folder was verified."""
    try:
        read = json.loads((folder / RESULT).read_text(encoding="utf-8"))
        return {result["kind"] for result in read["runtimes"] if result["passed"] is True}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _tuned(fitted: Fitted) -> Lora | None:
    """The fine-tuned transformer of a candidate, if it has one."""
    if isinstance(fitted, Lora):
        return fitted
    if isinstance(fitted, Average):
        found = (_tuned(member) for member, _ in fitted.members.values())
        return next((one for one in found if one is not None), None)
    return None


def _with(fitted: Fitted, forward: Forward) -> Fitted:
    """The same candidate with the passes of its transformer made by another runtime."""
    if isinstance(fitted, Lora):
        return fitted.through(forward)
    if isinstance(fitted, Average):
        members = fitted.members.items()
        return Average({name: (_with(one, forward), divisor) for name, (one, divisor) in members})
    return fitted
