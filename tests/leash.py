"""Processes that tests start end with the test process, however that one ends."""

from __future__ import annotations

import shutil
from collections.abc import Sequence


def leashed(command: Sequence[object], *, end: str = "KILL") -> list[str]:
    """The command, sent that signal by the kernel when the thread that starts it is gone.

    A test process that is killed, or that a timeout ends, tears nothing down. Without `setpriv`,
    as on macOS, it is the plain command.
    """
    words = [str(word) for word in command]
    program = shutil.which("setpriv")
    return [program, "--pdeathsig", end, "--", *words] if program else words
