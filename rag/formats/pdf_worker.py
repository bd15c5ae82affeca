"""Reads one PDF in a process of its own and prints what stands where, as JSON.

Started by rag/pdf.py as a script, so it imports nothing of ours: a hostile file meets only pypdf,
under limits on CPU time, memory and output that the process sets on itself.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any


def limit(cpu_s: int, memory_mb: int, output_mb: int) -> None:
    """Let the kernel end this process when it takes more; where the system has such limits."""
    try:
        import resource
    except ImportError:  # Windows: the wall-clock limit of the parent remains
        return
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    resource.setrlimit(resource.RLIMIT_FSIZE, (output_mb << 20, output_mb << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(path: str, max_pages: int) -> dict[str, Any]:
    """Pages with their fragments and rules, or the reason why there are none."""
    from pypdf import PdfReader

    reader = PdfReader(path)
    if reader.is_encrypted and not reader.decrypt(""):
        return {"fault": "it is encrypted; save it without a password"}
    count = len(reader.pages)
    if count > max_pages:
        return {"fault": f"it has {count} pages, more than the {max_pages} that are taken"}
    return {"pages": [read_page(reader, number) for number in range(count)]}


def read_page(reader: Any, number: int) -> dict[str, Any]:
    """Fragments `[text, x, y, size, bold]` in stream order, and the heights of drawn rules."""
    page = reader.pages[number]
    fragments: list[list[Any]] = []
    rules: set[float] = set()
    path: list[tuple[float, float]] = []

    def on_text(text: str, cm: Any, tm: Any, font: Any, size: Any) -> None:
        words = " ".join(text.split())
        if words:
            x, y, scale = place(cm, tm)
            name = str((font or {}).get("/BaseFont", "")).lower()
            bold = "bold" in name or "black" in name or "heavy" in name
            fragments.append([words, x, y, round(abs(float(size or 0.0) * scale), 1), bold])

    def on_operand(operator: bytes, operands: Any, cm: Any, _tm: Any) -> None:
        draw(operator, operands, cm, path, rules)

    page.extract_text(visitor_text=on_text, visitor_operand_before=on_operand)
    height = float(page.mediabox.height)
    return {"height": height, "fragments": fragments, "rules": sorted(rules, reverse=True)[:5000]}


def place(cm: Any, tm: Any) -> tuple[float, float, float]:
    """Where a text matrix stands on the page, and how much it enlarges the font."""
    x = float(tm[4]) * cm[0] + float(tm[5]) * cm[2] + cm[4]
    y = float(tm[4]) * cm[1] + float(tm[5]) * cm[3] + cm[5]
    return round(x, 1), round(y, 1), float(tm[3] or tm[0]) * float(cm[3] or cm[0])


def draw(
    operator: bytes, operands: Any, cm: Any, path: list[tuple[float, float]], rules: set[float]
) -> None:
    """Note the heights of horizontal lines and of the edges of rectangles."""
    if operator not in (b"m", b"l", b"re") or len(rules) > 20000:
        return
    numbers = [float(value) for value in operands]
    if operator == b"re" and len(numbers) == 4 and abs(numbers[2]) > 3:
        for y in (numbers[1], numbers[1] + numbers[3]):
            rules.add(round(y * cm[3] + cm[5], 1))
    elif operator == b"m":
        path[:] = [(numbers[0], numbers[1])]
    elif operator == b"l" and path:
        if abs(path[-1][1] - numbers[1]) < 0.2 and abs(path[-1][0] - numbers[0]) > 3:
            rules.add(round(numbers[1] * cm[3] + cm[5], 1))
        path[:] = [(numbers[0], numbers[1])]


def main(arguments: list[str]) -> None:
    """`pdf_worker.py FILE MAX_PAGES CPU_S MEMORY_MB OUTPUT_MB`."""
    path, max_pages, cpu_s, memory_mb, output_mb = arguments
    limit(int(cpu_s), int(memory_mb), int(output_mb))
    logging.disable()
    try:
        result = read(path, int(max_pages))
    except MemoryError:
        result = {"fault": f"reading it takes more than {memory_mb} MB of memory"}
    except RecursionError:
        result = {"fault": "its structure is circular or nested too deeply"}
    except Exception as fault:  # noqa: BLE001 - whatever a broken file raises ends this process only
        reason = " ".join(str(fault).split())[:200] or type(fault).__name__
        result = {"fault": f"it cannot be read: {reason}"}
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
