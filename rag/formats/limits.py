"""What reading one document may take, and the meter that ends its process when it takes more."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ingest.errors import DataFault

OUTPUT_MB = 16
"""Of what is handed on; a manual of 2,000 pages has about half of that."""
_GRANT_S = 0.15
"""What each finished page gives back; pages that cost more than this drain the allowance."""
_PART = 50
"""Blocks that count as one page where a format has none."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one document may take."""

    pages: int = 2000
    blocks: int = 50_000
    cpu_s: int = 300
    """In all."""
    stall_s: float = 2.0
    """Without a finished page."""
    memory_mb: int = 400
    ocr_page_s: int = 30
    """What OCR of one page may take; 0 for no OCR."""


class Meter:
    """Counts what was read; once started, the kernel ends this process when a part costs too much.

    Only a process that reads one document and nothing else starts it.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._left = limits.stall_s
        self._at = time.process_time()
        self._blocks = 0
        self._armed = False

    def start(self) -> None:
        """From here on the limits hold, for what this process starts as well."""
        try:
            import resource
        except ImportError:  # Windows: the wall-clock limit of the parent remains
            return
        cpu_s, memory, output = (
            self._limits.cpu_s,
            self._limits.memory_mb << 20,
            2 * OUTPUT_MB << 20,
        )
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_FSIZE, (output, output))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        self._armed = True
        self._arm()

    def finished(self) -> None:
        """A page is done: the time to the next one counts anew, less what the pages overdrew."""
        now = time.process_time()
        spent, self._at = now - self._at, now
        self._left = min(self._limits.stall_s, self._left - spent + _GRANT_S)
        self._arm()

    def counted(self) -> None:
        """Another block is there.

        Raises:
            DataFault: it is one too many.
        """
        self._blocks += 1
        if self._blocks > self._limits.blocks:
            raise DataFault(
                f"it has more than {self._limits.blocks} paragraphs, steps and rows.",
                remedy="Split it, or raise ANDON_DOCUMENT_MAX_BLOCKS.",
            )
        if self._blocks % _PART == 0:
            self.finished()

    def _arm(self) -> None:
        import signal

        if self._armed:
            signal.setitimer(signal.ITIMER_PROF, max(self._left, 0.01))
