"""Documents of our own for the tests of the rag room."""

from __future__ import annotations

from pathlib import Path

FRONT = """---
id: {id}
title: {title}
kind: {kind}
machine_kinds: [{machine_kind}]
revision: "{revision}"
status: {status}
language: en
{more}---
"""

COOLER = """# Cleaning the oil cooler

Applies to error class `cooler_fouled`.

## Symptoms

The oil temperature rises slowly and E-217 is raised.

## Warnings

> **WARNING:** Hot oil. Let it cool below 45 degC.

## Procedure

1. Stop the press and lock it out.
2. Clean the fins of the cooler with compressed air.
3. Start the pump again.

## Return to service

1. Watch the temperature for ten strokes.
"""

PUMP = """# Replacing the pump

## Purpose

Replace a worn pump that lost its pressure.

## Procedure

1. Drain the accumulators.
2. Lift the pump out with a hoist.
"""

MANUAL = """# Press manual

## Limits

The oil temperature has its limit at 65 degC.

## Error codes

| Code | Meaning | Error class | Reaction |
|---|---|---|---|
| E217 | Oil temperature high | cooler_fouled | Clean the cooler, SOP-HP-01 |
| E218 | Oil level low | - | Top up oil |
"""


def front(
    id_: str,
    *,
    title: str = "A document",
    kind: str = "sop",
    machine_kind: str = "hydraulic-press",
    revision: str = "1",
    status: str = "current",
    more: str = "",
) -> str:
    """Front matter."""
    return FRONT.format(
        id=id_,
        title=title,
        kind=kind,
        machine_kind=machine_kind,
        revision=revision,
        status=status,
        more=more,
    )


def write(folder: Path, name: str, content: str) -> Path:
    """A file in a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def write_library(folder: Path) -> Path:
    """Two SOPs and a manual for hydraulic presses."""
    write(folder, "cooler.md", front("SOP-HP-01", title="Cleaning the oil cooler") + COOLER)
    write(folder, "pump.md", front("SOP-HP-02", title="Replacing the pump") + PUMP)
    write(folder, "manual.md", front("HP-MAN", title="Press manual", kind="manual") + MANUAL)
    return folder
