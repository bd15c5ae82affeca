"""Which machine an answer is for: the caller's, the one that the question names, or the last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.finding import Finding
from rag.index import Scope
from rag.mentions import MachineName, mentioned
from rag.phrases import PHRASES

_MOST_NAMED = 8
AS_NEAR = 0.8
"""A passage for another machine with so much of the score of what is quoted could be meant, too."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Where to look, and for whom."""

    scope: Scope
    words: str
    """The question without the name of the machine."""
    candidates: tuple[str, ...] = ()
    """Machines that may be meant where it is not clear which."""
    reason: str = ""
    """Why it cannot be answered without knowing the machine."""
    remark: str = ""
    """That the answer is for another machine than the one named."""
    carried: bool = False
    """Whether the machine is that of an earlier question."""


def whose(
    question: str,
    scope: Scope,
    machines: Sequence[MachineName],
    *,
    carried: str | None,
    language: str,
) -> Whose:
    """The scope for a question; a machine given by the caller is never left for another one.

    Args:
        question: As it was asked.
        scope: What the caller restricts it to.
        machines: Those of the plant.
        carried: Machine of the conversation.
        language: Of a reason.
    """
    say = PHRASES[language]
    mention = mentioned(question, machines)
    named = mention.machine
    if scope.machine is not None or scope.machine_kind is not None:
        return _given(question, scope, named, mention.rest, language)
    if named:
        return Whose(replace(scope, machine=named.id, machine_kind=named.kind), mention.rest)
    ids = tuple(machine.id for machine in mention.machines)
    if ids and mention.kind is None:
        listed = ", ".join(ids[:_MOST_NAMED])
        return Whose(scope, question, reason=say["ambiguous_machine"].format(machines=listed))
    if mention.kind is not None:
        return Whose(replace(scope, machine_kind=mention.kind), mention.rest, candidates=ids)
    if mention.unknown:
        listed = ", ".join(machine.id for machine in machines[:_MOST_NAMED])
        reason = say["unknown_machine"].format(named=mention.unknown, machines=listed)
        return Whose(scope, question, reason=reason)
    last = next((machine for machine in machines if machine.id == carried), None)
    if last is None:
        return Whose(scope, question)
    scope = replace(scope, machine=last.id, machine_kind=last.kind)
    return Whose(scope, question, carried=True)


def _given(
    question: str, scope: Scope, named: MachineName | None, rest: str, language: str
) -> Whose:
    if named is None:
        return Whose(scope, rest or question)
    asked = scope.machine or scope.machine_kind or ""
    if scope.machine_kind not in (None, named.kind):
        words = PHRASES[language]["other_machine"].format(named=named.id, asked=asked)
        return Whose(scope, rest, reason=words)
    if scope.machine is None:
        return Whose(replace(scope, machine=named.id, machine_kind=named.kind), rest)
    if scope.machine == named.id:
        return Whose(scope, rest)
    remark = PHRASES[language]["for_another"].format(named=named.id, asked=asked)
    return Whose(scope, rest, remark=remark)


def sure(finding: Finding, found: Whose, language: str) -> Finding:
    """Declined where it is for one of the machines that may be meant and not for all of them."""
    limited = [set(h.document.machines) for h in finding.quoted if h.document.machines]
    if found.scope.machine is not None or not limited:
        return finding
    meant = set(found.candidates) or set().union(*limited, *_rivals(finding, limited))
    if all(meant <= machines for machines in limited):
        return finding
    listed = ", ".join(sorted(meant)[:_MOST_NAMED])
    words = PHRASES[language]["ambiguous_machine"].format(machines=listed)
    return Finding(reason=words, near=finding.near, support=finding.support)


def _rivals(finding: Finding, limited: Sequence[set[str]]) -> list[set[str]]:
    """Machines of documents for none of those machines that came as near as what is quoted."""
    quoted = {held.document.key for held in finding.quoted}
    best = max((h.score for h in finding.near if h.document.key in quoted), default=0.0)
    others = [(set(h.document.machines), h.score) for h in finding.near if h.document.machines]
    own = set().union(*limited)
    return [machines for machines, score in others
            if not machines & own and score >= AS_NEAR * best]  # fmt: skip
