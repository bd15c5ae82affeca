"""What a clause says without numbers: direction, kind, state, severity, order; held to evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from ingest.vocabulary import Evidence, EvidenceKind, Severity
from prompting.clauses import Clause
from prompting.mentions import Token
from prompting.roles import is_time
from prompting.units import TIME_SCALE

SILENT = frozenset({EvidenceKind.DROPOUT, EvidenceKind.GAP})
QUIET = SILENT | {EvidenceKind.STUCK}
TIMELESS = frozenset(
    {
        EvidenceKind.OPEN_CARD,
        EvidenceKind.INSTRUCTION,
        EvidenceKind.NOTE,
        EvidenceKind.FIRST_OUT,
    }
)
"""Their evidence has no state of its own."""
ALARMS = frozenset(
    {
        EvidenceKind.ALARM,
        EvidenceKind.CHATTERING,
        EvidenceKind.STANDING,
        EvidenceKind.FLOOD,
        EvidenceKind.FIRST_OUT,
    }
)
KINDS: Mapping[str, frozenset[EvidenceKind]] = {
    "stuck": frozenset({EvidenceKind.STUCK}),
    "silent": SILENT,
    "noise": frozenset({EvidenceKind.NOISE_CHANGE}),
    "oscillation": frozenset({EvidenceKind.OSCILLATION}),
    "chattering": frozenset({EvidenceKind.CHATTERING}),
    "flood": frozenset({EvidenceKind.FLOOD}),
    "spike": frozenset({EvidenceKind.SPIKE}),
    "step": frozenset({EvidenceKind.STEP, EvidenceKind.SPIKE, EvidenceKind.LIMIT_VIOLATION}),
    "drift": frozenset({EvidenceKind.DRIFT, EvidenceKind.LIMIT_VIOLATION}),
    "alarm": ALARMS,
    "standing": (ALARMS - {EvidenceKind.FLOOD, EvidenceKind.FIRST_OUT})
    | {EvidenceKind.STUCK, EvidenceKind.INSTRUCTION},
    "first_out": frozenset({EvidenceKind.FIRST_OUT}),
    "note": frozenset({EvidenceKind.NOTE}),
    "out": frozenset({EvidenceKind.OUT_OF_SERVICE}),
    "card": frozenset({EvidenceKind.OPEN_CARD, EvidenceKind.INSTRUCTION}),
    "instruction": frozenset({EvidenceKind.INSTRUCTION}),
}
ANYWHERE = frozenset({"alarm", "limit", "note", "card", "instruction"})
"""Nouns that may stand in a clause about another cited item."""
OPPOSITE = {"up": "down", "down": "up"}
SEVERITY = {
    "critical": Severity.CRITICAL,
    "urgent": Severity.CRITICAL,
    "warning": Severity.WARNING,
    "info": Severity.INFO,
}
REPEATING = frozenset(
    {
        EvidenceKind.CHATTERING,
        EvidenceKind.FLOOD,
        EvidenceKind.OSCILLATION,
        EvidenceKind.NOISE_CHANGE,
    }
)
TWICE = 2
AGENTS = frozenset(["by", "von", "vom", "durch"])
PASSIVE = frozenset(["was", "were", "been", "is", "wurde", "wurden", "worden", "ist"])
MEASURED = {"up to": "up", "than up": "up", "than down": "down"}
LASTING_WORDS = frozenset(
    ["hour", "minute", "minutes", "hours", "stunde", "minuten", "stunden", "once"]
)
GOING = frozenset(["ging", "gingen", "geht", "gehen", "gegangen"])
"""With `zurück` they say that something fell."""
_TAKE = frozenset(["nimmt", "nahm", "nehmen", "nahmen"])
PARTICLE_VERBS: Mapping[str, frozenset[str]] = {
    "ab": _TAKE | frozenset(["fällt", "fiel", "sinkt", "sank", "sackt", "sackte"]),
    "zu": _TAKE | frozenset(["legt", "legte"]),
    "nach": frozenset(["gibt", "gab", "lässt", "ließ"]),
    "ein": frozenset(["bricht", "brach"]),
}
"""German verbs that stand apart from the word that says where they go."""
BACK_BEFORE = 4
RETURNED = "back"


def wrong_claim(clause: Clause, before: Clause | None, cited: Sequence[Evidence]) -> str:
    """Why the clause may not stand; empty if it may."""
    checks: tuple[Callable[[], str], ...] = (
        lambda: "gives a cause, which no evidence does" if _cause(clause) else "",
        lambda: _direction(clause),
        lambda: _kind(clause, cited),
        lambda: _negation(clause),
        lambda: _state(clause),
        lambda: _severity(clause),
        lambda: _repetition(clause),
        lambda: _order(clause, before, cited),
        lambda: _machine(clause),
    )
    return next((reason for check in checks if (reason := check())), "")


def _cause(clause: Clause) -> bool:
    """`was triggered at`, but not `was triggered by`."""
    agent = {token.text for token in clause.tokens} & AGENTS
    return clause.claims("cause") or (clause.claims("triggered") and not _passive(clause, agent))


def _passive(clause: Clause, agent: set[str]) -> bool:
    return not agent and any(token.text in PASSIVE for token in clause.tokens)


def _direction(clause: Clause) -> str:
    known = {way for item in clause.subject if (way := _way(item))}
    said = set(_said(clause, known))
    if not said:
        return ""
    if clause.names and all(not naming.leading & naming.items for naming in clause.names):
        return "gives a direction to a signal that only moved with another"
    if not known and clause.subject and all(item.kind in SILENT for item in clause.subject):
        fell = {"aus", "out"} & {token.text for token in clause.tokens}
        silent = fell or clause.claims("kind silent")
        return "" if silent else "gives a direction to what is silent"
    if RETURNED in said and any(item.active for item in clause.subject):
        return "says that it is over, which it is not"
    said -= {RETURNED}
    ways = list(_known(clause))
    if ways and len(said) == 1 and all(said <= way for way in ways):
        return ""
    return f"says {' and '.join(sorted(said))}, which its evidence does not"


def _known(clause: Clause) -> Iterator[set[str]]:
    """The directions of everything that the clause names; two items may share a name."""
    names = [naming.items for naming in clause.names]
    for group in names or [frozenset([item.id]) for item in clause.subject]:
        ways = {_way(item) for item in clause.subject if item.id in group} - {""}
        if ways:
            yield ways


def _said(clause: Clause, known: set[str]) -> Iterator[str]:
    """The directions that the clause gives the item; back below the limit means it was above."""
    texts = {token.text for token in clause.tokens}
    for index in _ways(clause):
        token = clause.tokens[index]
        way = "up" if {"up", "idle"} & token.tags else "down"
        spikes = all(item.kind is EvidenceKind.SPIKE for item in clause.subject)
        if (spikes or not known) and (token.claims("idle") or token.claims("peak time")):
            continue
        if _beside_back(clause, index):
            yield RETURNED
            way = OPPOSITE[way]
        yield way
    for index, token in enumerate(clause.tokens):
        yield from filter(None, [_measured(clause, index)])
        particle = next((way for way in OPPOSITE if token.claims(f"{way} particle")), "")
        if particle and texts & PARTICLE_VERBS.get(token.text, frozenset()):
            yield particle
    if "zurück" in texts and texts & GOING:
        yield "down"


def _beside_back(clause: Clause, index: int) -> bool:
    """`fell back`, `back below`, `kehrte um 10:07 Uhr unter`."""
    near = clause.tokens[max(0, index - BACK_BEFORE) : index + 2]
    return any(token.claims("back") for token in near)


def _ways(clause: Clause) -> Iterator[int]:
    """Places of words of direction, without `over 5 min`."""
    for index, token in enumerate(clause.tokens):
        if not {"up", "down", "idle"} & token.tags:
            continue
        after = clause.tokens[index + 1] if index + 1 < len(clause.tokens) else None
        lasting = after is not None and after.kind == "number" and after.unit in TIME_SCALE
        if not (lasting and token.tags & {"near limit critical_limit"}):
            yield index


def _way(item: Evidence) -> str:
    """Noise that is more than usual went up."""
    if item.kind is EvidenceKind.NOISE_CHANGE and not item.direction and "ratio" in item.numbers:
        return "up" if item.numbers["ratio"].value > 1 else "down"
    return item.direction


def _measured(clause: Clause, index: int) -> str:
    """`up to 71 bar`, `more than its limit`; not `up to 5 times`, `more than 20 min`."""
    token = clause.tokens[index]
    after = clause.tokens[index + 1] if index + 1 < len(clause.tokens) else token
    way = next((way for tag, way in MEASURED.items() if token.claims(tag)), "")
    if not way or (after.kind == "word" and token.claims("up to")):
        return ""
    unit = after.unit
    for item in clause.subject:
        if after.kind == "slot" and after.item == item.id and after.role in item.numbers:
            unit = item.numbers[after.role].unit
    words = {other.text for other in clause.tokens[index + 1 : index + 3]}
    if after.kind == "word":
        return "" if words & LASTING_WORDS else way
    return way if unit not in ("", *TIME_SCALE) else ""


def _kind(clause: Clause, cited: Sequence[Evidence]) -> str:
    for token in clause.tokens:
        kinds = [tag.removeprefix("kind ") for tag in token.tags if tag.startswith("kind ")]
        if kinds and not any(_is(kind, clause, cited) for kind in kinds):
            return f"says {token.text[:24]}, which its evidence is not"
    return ""


def _is(kind: str, clause: Clause, cited: Sequence[Evidence]) -> bool:
    items = cited if kind in ANYWHERE or not clause.names else clause.subject
    if kind == "limit":
        return any({"limit", "critical_limit"} & set(item.numbers) for item in items)
    return any(item.kind in KINDS[kind] for item in items)


def _negation(clause: Clause) -> str:
    if not clause.claims("not") or (clause.claims("over") or clause.claims("still")):
        return ""
    moves = clause.claims("up") or clause.claims("down")
    if clause.subject and all(item.kind in QUIET for item in clause.subject) and not moves:
        return ""
    return "denies something, which its evidence does not"


def _state(clause: Clause) -> str:
    """What is over may not be called so still, and what is still so may not be called over."""
    items = [item for item in clause.subject if item.kind not in TIMELESS]
    denied = clause.claims("not")
    still = clause.claims("still") or _since(clause) or _is_so(clause)
    over = clause.claims("over") or _until(clause)
    if denied and clause.claims("over"):
        still, over = True, False
    elif denied and clause.claims("still"):
        still, over = False, True
        if all(item.kind in QUIET for item in items):
            return ""
    if still and any(not item.active for item in items):
        return "says that it is still so, which it is not"
    if over and any(item.active for item in items):
        return "says that it is over, which it is not"
    return ""


def _since(clause: Clause) -> bool:
    return any(
        token.claims("since") and after is not None and is_time(after)
        for token, after in _pairs(clause.tokens)
    )


def _until(clause: Clause) -> bool:
    """`until 10:07`, but not `from 10:02 until 10:07`."""
    started = False
    for token, after in _pairs(clause.tokens):
        if token.claims("until") and after is not None and is_time(after) and not started:
            return True
        started = started or token.claims("time start")
    return False


def _is_so(clause: Clause) -> bool:
    """`is above`: the present with a claim."""
    claim = any(clause.claims(tag) for tag in ("up", "down", "kind stuck", "kind silent"))
    ends = clause.claims("back") or clause.claims("until")
    return claim and clause.claims("is") and not ends


def _pairs(tokens: Sequence[Token]) -> Iterator[tuple[Token, Token | None]]:
    """Each with the next one that is no filler."""
    for index, token in enumerate(tokens):
        rest = (t for t in tokens[index + 1 :] if not (t.kind == "word" and "hedge" in t.tags))
        yield (
            token,
            next((t for t in rest if t.text not in ("at", "um", "the", "dem", "zum")), None),
        )


def _severity(clause: Clause) -> str:
    for word in clause.tags("severity "):
        if word == "info" and clause.claims("kind alarm"):
            continue
        if not any(item.severity is SEVERITY[word] for item in clause.subject):
            return f"calls it {word}, which it is not"
    return ""


def _repetition(clause: Clause) -> str:
    if not clause.claims("many"):
        return ""
    for item in clause.subject:
        if item.kind in REPEATING:
            return ""
        if "count" in item.numbers and item.numbers["count"].value >= TWICE:
            return ""
    return "says that it came again, which its evidence does not"


def _order(clause: Clause, before: Clause | None, cited: Sequence[Evidence]) -> str:
    begun = min((item.start for item in clause.subject), default=None)
    if begun is None:
        return ""
    if clause.claims("first") and any(item.start < begun for item in cited):
        return "says that it came first, which it did not"
    earlier = min((item.start for item in before.subject), default=None) if before else None
    if clause.claims("then") and earlier is not None and earlier > begun:
        return "says that it came later, which it did not"
    return ""


def _machine(clause: Clause) -> str:
    """A clause that names a machine speaks of items of that machine."""
    if not clause.machines or not clause.names:
        return ""
    for naming in clause.names:
        if not naming.items & clause.machines:
            return "gives something to a machine that it is not of"
    return ""
