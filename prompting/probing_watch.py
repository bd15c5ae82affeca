"""Probes a model in the background, and again when another one stands behind its name."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import ModelFault
from prompting.capabilities import Capabilities, keep, kept
from prompting.probing import PROBE_S, Probed, identified, probe, same
from prompting.settings import PromptingSettings

log = logging.getLogger(__name__)

AGAIN_S = 30.0
"""Longest pause while the server does not answer; a probe that failed waits for its turn."""
END_S = 3.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How a model stands at this moment."""

    well: bool
    words: str


class ProbeWatch:
    """Looks now and then; delays nobody and fails for nobody."""

    def __init__(
        self,
        model: Probed,
        home: Path,
        *,
        wanted_tokens: int,
        period_s: float,
        probe_s: float = PROBE_S,
    ) -> None:
        self.model = model
        self._home = home
        self._wanted = wanted_tokens
        self._period_s = period_s
        self._probe_s = probe_s
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._found: Capabilities | None = None
        self._trouble = ""
        self._away = False

    def __enter__(self) -> ProbeWatch:
        if self._period_s > 0:
            self._thread = threading.Thread(target=self._run, name="model-probe", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(END_S)

    @property
    def running(self) -> bool:
        """Whether its thread lives."""
        return self._thread is not None and self._thread.is_alive()

    def look(self, *, anew: bool = False) -> Capabilities | None:
        """Probe the model if it is another one; what is known of it, None where it is in trouble.

        Args:
            anew: Probe it in any case.
        """
        try:
            found = self._looked(anew=anew)
        except ModelFault as fault:
            self._tell(str(fault))
            return None
        self._tell("")
        return found

    def standing(self) -> Standing:
        """For whoever asks whether the service works."""
        name = f"{self.model.model} ({self.model.engine})"
        if self._trouble:
            return Standing(well=False, words=f"{name}: {self._trouble}")
        if self._found is None:
            words = "is not probed" if self._period_s == 0 else "is being probed"
            return Standing(well=True, words=f"{name} {words}")
        well = self._found.constrains == "schema" and not self._found.short
        return Standing(well=well, words=f"{name}: {self._found.words}")

    def _looked(self, *, anew: bool) -> Capabilities:
        known = None if anew else kept(self._home)
        self._away = True
        identity = identified(self.model)
        self._away = False
        if known is not None and same(self.model, known, identity, self._wanted):
            found = known
        else:
            found = probe(
                self.model,
                identity,
                wanted_tokens=self._wanted,
                within_s=self._probe_s,
                stop=self._stop,
            )
            keep(self._home, found)
        if found != self._found:
            self.model.adopt(found)
            self._found = found
        return found

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            level = logging.WARNING if trouble else logging.INFO
            log.log(level, "model is in trouble" if trouble else "model is well again")
        self._trouble = trouble

    def _run(self) -> None:
        while True:
            try:
                self.look()
            except Exception:  # this loop must not die: the model would never be looked at again
                log.exception("the model could not be looked at")
            pause = min(self._period_s, AGAIN_S) if self._away else self._period_s
            if self._stop.wait(pause):
                return


def probe_watch(model: Probed, home: Path, settings: PromptingSettings) -> ProbeWatch:
    """A watch as the settings want it."""
    return ProbeWatch(
        model,
        home,
        wanted_tokens=settings.llm_context_tokens,
        period_s=settings.llm_probe_s,
    )
