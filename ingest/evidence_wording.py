"""The one-line English statement of a finding, made from its numbers and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable

from ingest.detect import Finding
from ingest.vocabulary import EvidenceKind, MachineState, Quantity

SPREAD = 1e4
"""From here on whole numbers are shown."""
FOLLOWERS = 5
"""A trip chain names its first alarm and no more than so many others."""
CODE_LENGTH = 40
NAME_LIKE = re.compile(r"[\w.:/%°+#-]+(?: [\w.:/%°+#-]+){0,3}")
"""Names come over the wire: others are shown as quotes."""


def statement(finding: Finding) -> str:
    """What was found, in one line."""
    return _WORDS[finding.kind](finding)


def figure(quantity: Quantity) -> str:
    """Four significant digits and the unit."""
    value = quantity.value
    digits = f"{value:.0f}" if abs(value) >= SPREAD else f"{value:.4g}"
    return f"{digits} {quantity.unit}".rstrip()


def _of(finding: Finding, role: str) -> str:
    return figure(finding.numbers[role])


def _name(finding: Finding) -> str:
    """The lead, whose numbers they are, and what moved with it."""
    lead, *moved = (_shown(signal) for signal in finding.signals)
    others = ", ".join(moved)
    return f"{lead} (with {others})" if others else lead


def _limit(finding: Finding) -> str:
    side, limit = ("above", "high") if finding.direction == "up" else ("below", "low")
    count = finding.numbers["count"].value
    times = f" {count:.0f} times" if count > 1 else ""
    words = f"{_name(finding)} {side} its {limit} limit of {_of(finding, 'limit')}{times}"
    words += f" for {_of(finding, 'duration')}, peak {_of(finding, 'peak')}"
    if "critical_limit" in finding.numbers:
        words += f", beyond the critical limit of {_of(finding, 'critical_limit')}"
    if "baseline" in finding.numbers:
        words += f"; usual {_of(finding, 'baseline')}"
    return words


def _step(finding: Finding) -> str:
    verb = "stepped" if finding.kind is EvidenceKind.STEP else "drifted"
    words = (
        f"{_name(finding)} {verb} {finding.direction} from {_of(finding, 'baseline')} "
        f"to {_of(finding, 'level')}"
    )
    if "slope" in finding.numbers:
        words += f" at {_of(finding, 'slope')}"
    return words


def _spike(finding: Finding) -> str:
    count = finding.numbers["count"].value
    many = f"{count:.0f} spikes" if count > 1 else "a spike"
    return (
        f"{_name(finding)} with {many} {finding.direction} to {_of(finding, 'peak')}, "
        f"around {_of(finding, 'level')}"
    )


def _stuck(finding: Finding) -> str:
    return f"{_name(finding)} stood still at {_of(finding, 'level')} for {_of(finding, 'duration')}"


def _noise(finding: Finding) -> str:
    return (
        f"{_name(finding)} noise {_of(finding, 'ratio')} times as strong as usual: "
        f"{_of(finding, 'level')} instead of {_of(finding, 'baseline')}"
    )


def _dropout(finding: Finding) -> str:
    return f"{_name(finding)} sent nothing for {_of(finding, 'duration')}"


def _gap(finding: Finding) -> str:
    return f"the whole machine sent nothing for {_of(finding, 'duration')}"


def _code(finding: Finding) -> str:
    return f"alarm {_shown(finding.codes[0])}" if finding.codes else "alarm without a code"


def _shown(name: str) -> str:
    """A signal or a code in one short line; between quotation marks if it is no name."""
    plain = "".join(letter for letter in name if letter.isprintable())
    if NAME_LIKE.fullmatch(name) and len(name) <= CODE_LENGTH:
        return name
    return '"' + plain.replace('"', "'")[:CODE_LENGTH] + '"'


def _alarm(finding: Finding) -> str:
    if not finding.numbers["count"].value:
        return _unraised(finding)
    still = ", still active" if finding.active else ""
    return (
        f"{_code(finding)} raised {_of(finding, 'count')} times, "
        f"active for {_of(finding, 'duration')}{still}{_weight(finding)}"
    )


def _unraised(finding: Finding) -> str:
    if not finding.active:
        return f"{_code(finding)} cleared, raised before the window began"
    return (
        f"{_code(finding)} standing since before the window began, "
        f"active for {_of(finding, 'duration')}"
    )


def _weight(finding: Finding) -> str:
    """What the count means: against other times, against other alarms, and for how long."""
    words = ""
    if "usual" in finding.numbers:
        usual = finding.numbers["usual"].value
        words += f"; usual {_of(finding, 'usual')}" if usual else "; usually never raised"
    if "share" in finding.numbers:
        words += f"; {_of(finding, 'share')} of all alarms, rank {_of(finding, 'rank')}"
    if "fleeting" in finding.numbers:
        words += f"; {_of(finding, 'fleeting')} times gone at once"
    return words


def _chattering(finding: Finding) -> str:
    return (
        f"{_code(finding)} chattering: raised {_of(finding, 'count')} times, "
        f"at most {finding.numbers['peak_rate'].value:.0f} in a minute{_weight(finding)}"
    )


def _flood(finding: Finding) -> str:
    words = (
        f"alarm flood: {_of(finding, 'count')} alarms, "
        f"at most {_of(finding, 'peak_rate')} in ten minutes"
    )
    if "share" in finding.numbers:
        words += f"; {_of(finding, 'share')} of the time was in flood"
    return words


def _note(_: Finding) -> str:
    return "note by a person"


def _oscillation(finding: Finding) -> str:
    return (
        f"{_name(finding)} swings around {_of(finding, 'level')} by {_of(finding, 'amplitude')}, "
        f"once every {_of(finding, 'period')}"
    )


def _first_out(finding: Finding) -> str:
    followers = ", ".join(_shown(code) for code in finding.codes[1 : 1 + FOLLOWERS])
    words = (
        f"{_code(finding)} came first; {_of(finding, 'count')} alarms followed within "
        f"{_of(finding, 'duration')}: {followers}"
    )
    if len(finding.codes) > 1 + FOLLOWERS:
        words += " ..."
    return words + (f"; tripped after {_of(finding, 'lead')}" if "lead" in finding.numbers else "")


def _out_of_service(finding: Finding) -> str:
    state = MachineState.from_number(int(finding.numbers["state"].value))
    times = f"{finding.numbers['count'].value:.0f} times, " * (finding.numbers["count"].value > 1)
    return f"state {state.value} {times}for {_of(finding, 'duration')}"


def _open_card(finding: Finding) -> str:
    return f"issue card {finding.codes[0]} open for {_of(finding, 'duration')}"


def _instruction(finding: Finding) -> str:
    return f"instruction {finding.codes[0]} not cleared yet"


_WORDS: dict[EvidenceKind, Callable[[Finding], str]] = {
    EvidenceKind.LIMIT_VIOLATION: _limit,
    EvidenceKind.STEP: _step,
    EvidenceKind.DRIFT: _step,
    EvidenceKind.SPIKE: _spike,
    EvidenceKind.STUCK: _stuck,
    EvidenceKind.NOISE_CHANGE: _noise,
    EvidenceKind.DROPOUT: _dropout,
    EvidenceKind.GAP: _gap,
    EvidenceKind.ALARM: _alarm,
    EvidenceKind.CHATTERING: _chattering,
    EvidenceKind.FLOOD: _flood,
    EvidenceKind.STANDING: _alarm,
    EvidenceKind.NOTE: _note,
    EvidenceKind.OSCILLATION: _oscillation,
    EvidenceKind.FIRST_OUT: _first_out,
    EvidenceKind.OUT_OF_SERVICE: _out_of_service,
    EvidenceKind.OPEN_CARD: _open_card,
    EvidenceKind.INSTRUCTION: _instruction,
}
