"""Reads one document in a process of its own and prints what it holds, as JSON.

Started by rag/formats/parsing.py as a script. It imports the libraries of one format and of ours
only what is light, under limits on CPU time, memory and output that it sets on itself first.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[2]))

from ingest.errors import DataFault
from rag.formats.limits import OUTPUT_MB, Limits, Meter
from rag.formats.parsed import Job, Reader, packed
from rag.formats.seen import seen
from rag.formats.sniffing import Content


def reader_of(content: Content) -> Reader:
    """The reader of a kind of content, with its libraries."""
    match content:
        case Content.PDF:
            from rag.formats.pdf import read
        case Content.WORD:
            from rag.formats.word import read
        case Content.SHEET:
            from rag.formats.sheet import read
        case Content.HTML:
            from rag.formats.web import read
        case Content.CSV:
            from rag.formats.delimited import read
        case _:
            from rag.formats.plain import read
    return read


def result_of(job: Job, content: Content) -> dict[str, Any]:
    """What the document holds, or why it cannot be read."""
    try:
        return packed(seen(reader_of(content)(job), job.meter.finished))
    except DataFault as fault:
        return {"fault": fault.message, "remedy": fault.remedy}
    except MemoryError:
        return {
            "fault": f"reading it takes more than {job.limits.memory_mb} MB of memory.",
            "remedy": "Split it, or raise ANDON_DOCUMENT_MEMORY_MB.",
        }
    except RecursionError:
        return {"fault": "its structure is circular or nested too deeply."}
    except Exception as fault:  # noqa: BLE001 - whatever a broken file raises ends this process only
        reason = " ".join(str(fault).split())[:200] or type(fault).__name__
        return {"fault": f"it cannot be read: {reason}.", "remedy": "Save it anew or export it."}


def main(arguments: list[str]) -> None:
    """`worker.py FILE CONTENT LIMITS LANGUAGES`, the last two in JSON."""
    path, content, given, languages = arguments
    limits = Limits(**json.loads(given))
    meter = Meter(limits)
    meter.start()
    logging.disable()
    job = Job(Path(path), limits, meter, tuple(json.loads(languages)))
    result = json.dumps(result_of(job, Content(content)))
    if len(result) > OUTPUT_MB << 20:
        fault = f"it holds more than {OUTPUT_MB} MB of text and tables."
        result = json.dumps({"fault": fault, "remedy": "Split it."})
    sys.stdout.write(result)


if __name__ == "__main__":
    main(sys.argv[1:])
