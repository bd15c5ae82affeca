"""A report as JSON, for programs and to be read again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from finetune.file_forms import open_plain
from ingest.errors import DataFault, NotKnown
from service.comparison.nouns import (
    Approach,
    ArmResult,
    Branch,
    CascadeResult,
    ClassQuality,
    Consistency,
    Decision,
    FailedArm,
    Flexibility,
    Maintenance,
    Prices,
    Quality,
    Report,
    Route,
)

FILE = "report.json"
DIGITS = 6
"""Of the figures."""
MOST = 32_000_000
"""Bytes of a report that are read."""
SEAL = "sha256"
"""Of all the rest, so that a report which was changed is not followed."""


def report_as_dict(report: Report) -> dict[str, Any]:
    """Everything; the keys of an arm that stand for themselves come first."""
    plain: dict[str, Any] = _rounded(asdict(report))
    told = {
        **plain,
        "arms": [_arm(arm) for arm in plain["arms"]],
        "cascades": [_flat(one) for one in plain["cascades"]],
        "decision": {
            **plain["decision"],
            "reasons": list(report.decision.reasons),
        },
    }
    return {**told, SEAL: _seal(told)}


def report_text(report: Report) -> str:
    """As it is written and printed."""
    return json.dumps(report_as_dict(report), indent=2, ensure_ascii=False) + "\n"


def report_from(raw: Mapping[str, Any]) -> Report:
    """The report that `report_as_dict` made this of.

    Raises:
        DataFault: it is none of ours.
    """
    try:
        return Report(
            **{
                **_known(Report, raw),
                "arms": tuple(_arm_from(arm) for arm in raw["arms"]),
                "cascades": tuple(_cascade_from(one) for one in raw["cascades"]),
                "decision": _decision_from(raw["decision"]),
                "failed": tuple(
                    FailedArm(**{**one, "approach": Approach(one["approach"])})
                    for one in raw["failed"]
                ),
                "prices": Prices(**raw["prices"]),
                "notes": tuple(raw["notes"]),
            }
        )
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise DataFault(f"This is no report of a comparison: {fault!r}.") from fault


def write_json(report: Report, folder: Path) -> Path:
    """Write `report.json` into that folder, in one step; its path.

    Raises:
        OSError: the folder cannot be written to.
    """
    path = folder / FILE
    draft = path.with_name(f".{FILE}.new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(report_text(report))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return path


def read_json(folder: Path) -> Report:
    """The report that lies in that folder.

    Raises:
        NotKnown: there is none.
        DataFault: it is none of ours, or was changed.
    """
    path = folder / FILE
    try:
        with open_plain(path) as file:
            raw = json.loads(file.read(MOST))
    except FileNotFoundError as fault:
        raise NotKnown(f"There is no report of a comparison in {folder}.") from fault
    except (OSError, ValueError, RecursionError) as fault:
        raise DataFault(f"{path} is no report of a comparison: {fault}") from fault
    report = report_from(raw)
    if raw.get(SEAL) != _seal(raw):
        raise DataFault(
            f"{path} was changed since it was written: its figures are not what was measured.",
            remedy="Compare again.",
        )
    return report


def _seal(told: Mapping[str, Any]) -> str:
    """SHA-256 of what a report says, however its file is laid out."""
    plain = json.dumps({**told, SEAL: ""}, sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()


def _arm(arm: Mapping[str, Any]) -> dict[str, Any]:
    consistency = arm["consistency"]
    flexibility = arm["flexibility"]
    told = {
        "consistency": consistency and _rounded(_share(consistency)),
        "new_class_s": flexibility and flexibility["seconds"],
        "consistency_of": consistency,
    }
    return {**_flat(arm), **told}


def _flat(one: Mapping[str, Any]) -> dict[str, Any]:
    """Figures of the quality beside the others."""
    return {**{name: value for name, value in one.items() if name != "quality"}, **one["quality"]}


def _share(consistency: Mapping[str, Any]) -> float:
    return Consistency(**consistency).share


def _arm_from(raw: Mapping[str, Any]) -> ArmResult:
    consistency, flexibility = raw["consistency_of"], raw["flexibility"]
    maintenance = raw["maintenance"]
    made = {
        "approach": Approach(raw["approach"]),
        "quality": _quality_from(raw),
        "consistency": Consistency(**consistency) if consistency else None,
        "flexibility": Flexibility(**flexibility) if flexibility else None,
        "maintenance": Maintenance(**{**maintenance, "versioned": tuple(maintenance["versioned"])})
        if maintenance
        else None,
        "notes": tuple(raw["notes"]),
    }
    return ArmResult(**{**_known(ArmResult, raw), **made})


def _cascade_from(raw: Mapping[str, Any]) -> CascadeResult:
    return CascadeResult(**{**_known(CascadeResult, raw), "quality": _quality_from(raw)})


def _quality_from(raw: Mapping[str, Any]) -> Quality:
    low, high = raw["ci95"]
    classes = tuple(ClassQuality(**one) for one in raw["classes"])
    return Quality(**{**_known(Quality, raw), "ci95": (low, high), "classes": classes})


def _decision_from(raw: Mapping[str, Any]) -> Decision:
    return Decision(
        approach=Route(raw["approach"]),
        arm=raw["arm"],
        branches=tuple(Branch(**one) for one in raw["branches"]),
        would_change=tuple(raw["would_change"]),
    )


def _known(kind: type, raw: Mapping[str, Any]) -> dict[str, Any]:
    """What is a field of that noun."""
    names = {one.name for one in fields(kind)}
    return {name: value for name, value in raw.items() if name in names}


def _rounded(value: Any) -> Any:
    """Figures without digits that mean nothing."""
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, Mapping):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value
