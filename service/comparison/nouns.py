"""What is compared: items, replies, what an arm may know, and the figures that come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from finetune.task import Task


class Approach(StrEnum):
    """One of the three ways, from the cheapest to set up to the dearest."""

    PROMPT = "prompt"
    RAG = "rag"
    FINETUNE = "finetune"


class Route(StrEnum):
    """Which way a task is answered."""

    PROMPT = "prompt"
    RAG = "rag"
    FINETUNE = "finetune"
    CASCADE = "cascade"
    """The cheap way first, the dear one where that abstains."""
    NONE = "none"
    """No way reaches the target."""


@dataclass(frozen=True, slots=True)
class Item:
    """One input, and the right answer where it is known."""

    text: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """By column; without those that are missing."""
    label: str = ""
    """Empty: not known, or not to be known."""
    group: str = ""
    """What it must not be parted from in a split."""
    moment: float | None = None
    """Of a split by time; a greater number is newer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What an answerer says to one item."""

    label: str | None
    """None: it abstains."""
    confidence: float = 0.0
    """0 to 1; 0 where it abstains without any idea."""
    likeliest: str = ""
    """The best guess also where it abstains; empty where there is none."""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    """Of the tokens, in the currency of the price table."""
    unpriced_s: float = 0.0
    """Time in which a language model without a price worked on it, here or on its own machine."""
    reason: str = ""
    """Why it abstains, or what the answer stands on, for a person."""
    failed: bool = False
    """No answer could be had, through no fault of the item: the language model is away."""


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One row of a code table: what a code means, and the label that it stands for if it says."""

    code: str
    meaning: str
    label: str = ""
    document: str = ""
    """Where the row stands; empty for a plain table."""


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that an arm may learn from; never a row of the test."""

    task: Task
    """With its labels and what they mean."""
    examples: tuple[Item, ...] = ()
    """Labelled."""
    codes: tuple[CodeRow, ...] = ()
    seed: int = 0

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the labels, in the task's order."""
        return self.task.label_names


@dataclass(frozen=True, slots=True)
class ClassQuality:
    """How right the replies are about one label."""

    label: str
    n: int
    """Items of it in the test."""
    f1: float
    mistaken_for: str = ""
    """What its items are most often taken for wrongly; empty: none is, or they get no guess."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How right the replies to labelled items are."""

    n: int
    accuracy: float
    """Share of likeliest answers that are right."""
    macro_f1: float
    """Of the likeliest answers; where there is none, it is wrong."""
    ci95: tuple[float, float]
    """Of the macro-F1, by bootstrap over the groups of the items."""
    answered: float
    """Share that is not abstained on."""
    accuracy_answered: float | None
    """Of the answers that are given; None where none is."""
    chance_macro_f1: float
    """What guessing at random by the shares of the labels would reach."""
    chance_p: float = 0.0
    """How often its answers, shuffled among the items, would be as right; near 0: no luck."""
    groups: int = 0
    """Groups of items that the interval was drawn over; 0: every item by itself."""
    classes: tuple[ClassQuality, ...] = ()
    """One a label of the truth, in the task's order."""


@dataclass(frozen=True, slots=True)
class Consistency:
    """Share of equal answers when the same is asked otherwise, 0 to 1."""

    again: float
    reworded: float
    reordered: float
    typos: float
    n: int
    """Items that were asked anew."""

    @property
    def share(self) -> float:
        """Mean of the four."""
        return (self.again + self.reworded + self.reordered + self.typos) / 4


@dataclass(frozen=True, slots=True)
class Flexibility:
    """What a new class takes."""

    label: str
    """The class that was kept from it and then added."""
    seconds: float | None
    """From the first row of the new class to the first answer; None: it never took it."""
    recall: float
    """Of the new class afterwards."""
    others_kept: float
    """Share of the answers to items of the other classes that stayed as they were right before."""
    redone: str
    """What had to be done again, in words."""


@dataclass(frozen=True, slots=True)
class Maintenance:
    """What a change of the codes makes stale, and what the repair takes."""

    change: str
    """What was changed, in words."""
    versioned: tuple[str, ...]
    """What has a version or a hash, in words."""
    stale: float
    """Share of the answers that were right before the change and are wrong after it."""
    repair_s: float | None
    """None: the repair did not help."""
    repaired: float
    """Share of the stale ones that are right after the repair."""
    redone: str


@dataclass(frozen=True, slots=True)
class ArmResult:
    """One arm with one number of labels, measured on the test.

    What is None was not measured, and `notes` say why.
    """

    approach: Approach
    name: str
    model: str
    """The language model, the encoder or the kind of engine that answered."""
    labels: int
    """Labelled examples that it learnt from, in all."""
    labels_per_class: int | None
    """The limit of this point of the curve; None: all there were."""
    quality: Quality
    setup_s: float
    setup_cpu_s: float
    p50_ms: float
    p95_ms: float
    """Of one item alone."""
    cpu_s_per_1000: float
    tokens_per_1000: float
    cost_per_1000: float
    """Tokens and CPU together."""
    one_off_cost: float
    """Set-up and labelling."""
    consistency: Consistency | None = None
    flexibility: Flexibility | None = None
    maintenance: Maintenance | None = None
    chosen: bool = False
    """Whether it stands for its approach in the decision; chosen on the rows to develop on."""
    baseline: bool = False
    """A stand-in, such as the key words where no language model is set."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FailedArm:
    """One arm with one number of labels that could not be set up or could not answer."""

    approach: Approach
    name: str
    labels: int
    reason: str
    """What went wrong and what to do, for a person."""


@dataclass(frozen=True, slots=True)
class CascadeResult:
    """Two arms, the second asked where the first abstains, measured together on the test."""

    first: str
    """`approach/name`."""
    then: str
    quality: Quality
    share_first: float
    """Of the items that the first answered."""
    p50_ms: float
    p95_ms: float
    cost_per_1000: float
    gain: float
    """Macro-F1 over the better of its two arms alone."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What is reckoned with; said in every report."""

    currency: str = "EUR"
    cpu_hour: float = 0.05
    """Of one CPU core."""
    labour_hour: float = 40.0
    label_minutes: float = 0.5
    """That a person needs for one label."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision rests on beside the figures of the arms."""

    target: float
    """Macro-F1 that is wanted."""
    target_from: str
    """`asked`, `task file` or `default`."""
    labels: Mapping[str, int]
    """Labelled rows to learn from, by label; a label without any has 0."""
    code_rows: int
    """Rows of a code table that retrieval could use."""
    reads_texts: bool
    """False: rows of numbers alone."""
    model: str
    """The language model; empty: none is set."""
    prices: Prices
    failed: tuple[FailedArm, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """One question of the decision tree and how it was answered."""

    question: str
    answer: str
    """`yes` or `no`, or what was found."""
    reason: str
    """With the figures."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is recommended and why."""

    approach: Route
    arm: str
    """`approach/name`, or `approach/name + approach/name` of a cascade; empty for none."""
    branches: tuple[Branch, ...]
    would_change: tuple[str, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """The branches as sentences."""
        return tuple(f"{one.question} {one.answer}: {one.reason}" for one in self.branches)


@dataclass(frozen=True, slots=True)
class Report:
    """One comparison, whole."""

    id: str
    task: str
    split: str
    """How the test was kept apart, in words."""
    target: float
    """Macro-F1 that is wanted."""
    target_from: str
    """`asked`, `task file` or `default`."""
    rows: int
    test_rows: int
    data_sha256: str
    seed: int
    made_at: str
    seconds: float
    versions: Mapping[str, str]
    machine: str
    model: str
    """The language model; empty: none is set."""
    prices: Prices
    arms: tuple[ArmResult, ...]
    cascades: tuple[CascadeResult, ...]
    decision: Decision
    failed: tuple[FailedArm, ...] = ()
    notes: tuple[str, ...] = ()
