"""Why an approach is recommended: the questions of the tree, answered with the figures."""

from __future__ import annotations

from collections.abc import Iterator

from service.comparison.contenders import (
    CHEAPER,
    Contender,
    Field,
    alone_at,
    instead_of,
    no_further,
    strongest,
)
from service.comparison.nouns import Approach, Branch, Circumstances
from service.comparison.report_words import NAMES, count, money, percent, plain

WANTED = {
    "asked": "as asked",
    "task file": "as the task file says",
    "default": "as nothing else was asked",
}
NOTHING = 0.01
"""Of the currency per 1,000 items: below that nobody compares."""


def branches(field: Field, given: Circumstances) -> tuple[Branch, ...]:
    """The tree as it was walked, to the end."""
    return tuple(_walked(field, given))


def scored(one: Contender) -> str:
    """Its macro-F1 with the interval."""
    low, high = one.quality.ci95
    return f"macro-F1 {one.quality.macro_f1:.2f} (95 %: {low:.2f} to {high:.2f})"


def apart(value: float, other: float) -> tuple[str, str]:
    """Two figures with as many decimals as tell them apart, two at least."""
    for digits in range(2, 7):
        found = f"{value:.{digits}f}", f"{other:.{digits}f}"
        if found[0] != found[1]:
            return found
    return f"{value:.2f}", f"{other:.2f}"


def _walked(field: Field, given: Circumstances) -> Iterator[Branch]:
    alone = alone_at(field, given.target)
    for approach in Approach:
        yield from _supply(approach, given)
        one = field.of(approach)
        yield _missing(approach, given) if one is None else _reaches(one, approach, given)
        if one is not None and one is alone:
            yield from _for_less(one, field, given)
            return
    yield from _in_turn(field, given)


def _supply(approach: Approach, given: Circumstances) -> Iterator[Branch]:
    labels = sum(given.labels.values())
    if approach is Approach.RAG:
        yield Branch(
            "Is there something to look up?",
            "yes" if labels or given.code_rows else "no",
            f"{_examples(given)} and {_codes(given)}.",
        )
    elif approach is Approach.FINETUNE:
        yield Branch(
            "Is there a data set to train on?",
            "yes" if sum(map(bool, given.labels.values())) > 1 else "no",
            f"{_examples(given)}{_spread(given)}.",
        )


def _examples(given: Circumstances) -> str:
    labelled = sum(given.labels.values())
    if not labelled:
        return "no labelled examples"
    with_any = sum(map(bool, given.labels.values()))
    return f"{count(labelled)} labelled examples of {with_any} labels"


def _codes(given: Circumstances) -> str:
    if not given.code_rows:
        return "no code table"
    return f"{count(given.code_rows)} rows of a code table"


def _spread(given: Circumstances) -> str:
    """How unevenly the labels are filled."""
    if len(given.labels) < 2:
        return ""
    fewest = min(given.labels, key=lambda name: (given.labels[name], name))
    most = max(given.labels, key=lambda name: (given.labels[name], name))
    return (
        f", from {count(given.labels[fewest])} of {_name(fewest)} "
        f"to {count(given.labels[most])} of {_name(most)}"
    )


def _missing(approach: Approach, given: Circumstances) -> Branch:
    why = [
        f"{one.approach}/{one.name} could not be measured: {plain(one.reason).rstrip('.')}"
        for one in given.failed
        if one.approach is approach
    ]
    return Branch(
        _question(approach),
        "not known",
        f"{'; '.join(dict.fromkeys(why)) or 'it was not measured'}.",
    )


def _reaches(one: Contender, approach: Approach, given: Circumstances) -> Branch:
    reached = one.reach >= given.target
    verdict = _above(one, given) if reached else _short(one, given)
    said = f"{one.name} has {scored(one)} on {count(one.quality.n)} test items; {verdict}."
    return Branch(
        _question(approach),
        "yes" if reached else "no",
        " ".join([said, *_abstains(one), *_stands_in(one, given)]),
    )


def _question(approach: Approach) -> str:
    return f"Does {NAMES[approach].lower()} reach the target?"


def _above(one: Contender, given: Circumstances) -> str:
    low = one.quality.ci95[0]
    wanted = f"{given.target:.2f} is wanted, {WANTED[given.target_from]}"
    if low >= given.target:
        return f"{wanted}, and the whole interval lies above it"
    return f"{wanted}, and the interval begins below it: other items may tell otherwise"


def _short(one: Contender, given: Circumstances) -> str:
    quality = one.quality
    if one.by_chance:
        silent = "" if quality.answered else "it abstains on every item, "
        what = "its likeliest labels" if silent else "these answers"
        return (
            f"{silent}guessing by the shares of the labels reaches {quality.chance_macro_f1:.2f}, "
            f"and {what} cannot be told from that, so it is not recommended for any target"
        )
    if not quality.answered:
        return "it abstains on every item, so it cannot be used"
    found, wanted = apart(quality.macro_f1, given.target)
    digits = len(wanted.split(".")[1])
    missing = f"{wanted} is wanted, {WANTED[given.target_from]}: "
    missing += f"{float(wanted) - float(found):.{digits}f} short"
    unsure = quality.ci95[1] >= given.target
    return (
        f"{missing}, but the interval reaches it: other items may tell otherwise"
        if unsure
        else missing
    )


def _abstains(one: Contender) -> Iterator[str]:
    quality = one.quality
    if quality.accuracy_answered is not None and quality.answered < 1:
        yield (
            f"It answers {percent(quality.answered)} by itself, "
            f"{percent(quality.accuracy_answered)} of these rightly; of the rest it only names "
            "the likeliest label, which counts here."
        )


def _stands_in(one: Contender, given: Circumstances) -> Iterator[str]:
    if one.arm is None or not one.arm.baseline:
        return
    if not given.reads_texts:
        yield "No language model is set; a rule stands in that does not read the numbers."
    else:
        yield (
            "No language model is set; key words stand in, so this does not say what a prompt "
            "to one would reach."
        )


def _for_less(alone: Contender, field: Field, given: Circumstances) -> Iterator[Branch]:
    """Whether a cascade is taken in its place."""
    cheapest = instead_of(alone, field, target=given.target, given=given)
    known = [one for one in no_further(alone, field) if one.reach >= given.target]
    if cheapest is None and not known:
        return
    cascade = cheapest or known[0]
    said = _asked_first(cascade) if cheapest else _not_worth(alone, cascade, given)
    yield Branch(
        "Would two in turn reach it for half the cost?",
        "yes" if cheapest else "no",
        f"{cascade.name} has {scored(cascade)}{_costs(alone, cascade, given)}; {said}.",
    )


def _costs(alone: Contender, cascade: Contender, given: Circumstances) -> str:
    """Nothing where both are next to nothing."""
    if max(alone.cost_per_1000, cascade.cost_per_1000) < NOTHING:
        return ""
    currency = given.prices.currency
    return (
        f" and costs {money(cascade.cost_per_1000, currency)} per 1,000 items where {alone.name} "
        f"costs {money(alone.cost_per_1000, currency)}"
    )


def _asked_first(cascade: Contender) -> str:
    if cascade.cascade is None:
        return "the first is asked first"
    one = cascade.cascade
    return f"{one.first} answers {percent(one.share_first)} and {one.then} is asked the rest"


def _not_worth(alone: Contender, cascade: Contender, given: Circumstances) -> str:
    if max(alone.cost_per_1000, cascade.cost_per_1000) < NOTHING:
        least = f"{NOTHING:g} {given.prices.currency}"
        return f"it and {alone.name} cost less than {least} per 1,000 items each: nothing to save"
    if cascade.cost_per_1000 > CHEAPER * alone.cost_per_1000:
        return "that is more than half"
    return "what is saved in a million items does not pay one hour of keeping two in place of one"


def _in_turn(field: Field, given: Circumstances) -> Iterator[Branch]:
    """The end of the walk where nobody reaches the target alone."""
    best = strongest(field.cascades)
    reaching = next((one for one in field.cascades if one.reach >= given.target), None)
    question = "Do two of them reach it, the second asked where the first abstains?"
    if reaching is not None:
        figures = f"{reaching.name} has {scored(reaching)}; {_above(reaching, given)}"
        yield Branch(question, "yes", f"{figures}; {_asked_first(reaching)}.")
        return
    if best is not None:
        yield Branch(question, "no", f"{best.name} has {scored(best)}; {_short(best, given)}.")
    nearest = strongest(field.everyone)
    yield Branch(
        "Which comes nearest?",
        "none" if nearest is None else nearest.name,
        "nothing that was measured can be told from guessing."
        if nearest is None
        else f"{scored(nearest)}; it is not recommended, and what answers the task stays as it is.",
    )


def _name(label: str) -> str:
    """A label as it stands in a sentence."""
    return plain(label, 60)
