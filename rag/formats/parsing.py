"""A file to what it holds: short text in this process, everything else in one of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from ingest.errors import DataFault
from rag.formats.limits import Limits
from rag.formats.parsed import Parsed, unpacked
from rag.formats.sniffing import Content

_WORKER = Path(__file__).with_name("worker.py")
_WAIT_S = 60
_SPENT = {
    signal.SIGXCPU: "CPU time",
    signal.SIGPROF: "CPU time",
    signal.SIGKILL: "CPU time or memory",
    signal.SIGXFSZ: "output",
}
_ENVIRONMENT = ("PATH", "LANG", "TESSDATA_PREFIX", "TMPDIR")


def parse(path: Path, content: Content, limits: Limits, languages: tuple[str, ...]) -> Parsed:
    """What the document holds.

    Raises:
        DataFault: naming the file: it is encrypted, damaged, something else than its name says, or
            takes more than the limits.
    """
    with tempfile.TemporaryFile() as output:
        code = _run([str(path.resolve()), content.value], limits, languages, output)
        output.seek(0)
        result: dict[str, Any] = json.loads(output.read()) if code == 0 else _ended(code)
    if "fault" in result:
        raise DataFault(f"{path.name}: {result['fault']}", remedy=result.get("remedy", ""))
    return unpacked(result)


def _run(
    document: list[str], limits: Limits, languages: tuple[str, ...], output: IO[bytes]
) -> int | None:
    """The exit status of the process, None when it did not end."""
    given = [json.dumps(asdict(limits)), json.dumps(languages)]
    try:
        finished = subprocess.run(
            [sys.executable, "-I", str(_WORKER), *document, *given],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
            | {"OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1"},
            timeout=_WAIT_S + 4 * limits.cpu_s + limits.pages * limits.ocr_page_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return finished.returncode


def _ended(code: int | None) -> dict[str, str]:
    """Why there is no result."""
    if code is None:
        return {"fault": "reading it takes too long.", "remedy": "Split it."}
    spent = _SPENT.get(signal.Signals(-code)) if code < 0 else None
    if spent:
        return {
            "fault": f"reading it takes more {spent} than is allowed.",
            "remedy": "Split it, save it anew, or raise ANDON_DOCUMENT_STALL_S, "
            "ANDON_DOCUMENT_CPU_S or ANDON_DOCUMENT_MEMORY_MB.",
        }
    return {
        "fault": f"reading it ends in a crash ({code}): it takes more memory than is allowed, or "
        "it is damaged.",
        "remedy": "Split it, save it anew, or raise ANDON_DOCUMENT_MEMORY_MB.",
    }
