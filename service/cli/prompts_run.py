"""andon prompts run: a note or a text through one of the text tasks, with or without a model."""

from __future__ import annotations

import sys
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.errors import SettingsFault
from service.cli.options import (
    DEFAULT_HOME,
    DEFAULT_PLANT,
    HomeOption,
    JsonOption,
    LanguageOption,
    PlantOption,
    console,
    print_json,
    print_table,
)
from service.cli.prompts import shelf_of_prompts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prompting.asking import Asker
    from prompting.library import PromptLibrary
    from prompting.tasks.answering import Origin
    from prompting.tasks.classifying import Shot

MOST_READ = 100_000
"""Characters of standard input."""


def run_prompt(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Prompt id.")],
    text: Annotated[str | None, typer.Option("--text", help="The note or text itself.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="A file that holds it; - for standard input.")
    ] = None,
    language: LanguageOption = "en",
    label: Annotated[
        list[str] | None,
        typer.Option("--label", help="To classify: NAME or NAME=MEANING; once for each label."),
    ] = None,
    examples: Annotated[
        Path | None,
        typer.Option("--examples", help="To classify: a CSV with the columns text and label."),
    ] = None,
    rounds: Annotated[
        int, typer.Option("--rounds", help="To classify: how often the model is asked.")
    ] = 1,
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """A note or text through a prompt: fields, plain words or a label."""
    from prompting.settings import PromptingSettings
    from prompting.writers.choice import asker_of
    from service.settings import read_settings

    words, shelf = _words(text, file), shelf_of_prompts()
    kind = shelf.get(identity, language).front.output
    if kind == "summary":
        remedy = f"andon summarize MACHINE --prompt {identity}"
        raise SettingsFault(f"Prompt {identity} writes summaries and takes no text.", remedy=remedy)
    if kind == "answer":
        raise SettingsFault(
            f"Prompt {identity} answers from documents and takes no text.",
            remedy='andon ask "QUESTION"',
        )
    asker = asker_of(read_settings(PromptingSettings), home=home)
    with closing(asker) if asker else nullcontext():
        desk = _Desk(asker, shelf, identity, language)
        if kind == "label":
            found = desk.classified(words, label or (), examples, rounds=rounds)
        elif kind == "fields":
            found = desk.extracted(words, _machines(plant))
        else:
            found = desk.rewritten(words, _machines(plant))
    _show(found, as_json=as_json)
    if found.document.get("abstained"):
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Told:
    """A result as a program and as a person reads it."""

    document: dict[str, Any]
    rows: list[tuple[str, str]]
    remarks: list[str]


@dataclass(frozen=True, slots=True)
class _Desk:
    """One prompt, put to use."""

    asker: Asker | None
    shelf: PromptLibrary
    prompt: str
    language: str

    def extracted(self, note: str, machines: Sequence[str]) -> _Told:
        """The fields of a note."""
        from prompting.tasks.extracting import FieldExtractor

        extractor = FieldExtractor(self.asker, self.shelf, machines, prompt=self.prompt)
        found = extractor.extract(note, self.language)
        amount = found.quantity
        rows = [
            ("machine", found.machine.id if found.machine else ""),
            ("part", found.part.text if found.part else ""),
            ("action", found.action.text if found.action else ""),
            ("quantity", f"{amount.number:g} {amount.unit}".strip() if amount else ""),
        ]
        return _Told(asdict(found), rows, [*found.refused, *_told(found.origin)])

    def rewritten(self, note: str, machines: Sequence[str]) -> _Told:
        """A note in plain words."""
        from prompting.tasks.rewriting import NoteRewriter

        rewriter = NoteRewriter(self.asker, self.shelf, machines, prompt=self.prompt)
        found = rewriter.rewrite(note, self.language)
        rows = [("note", found.note), ("as it was written" if found.quoted else "text", found.text)]
        return _Told(asdict(found), rows, _told(found.origin))

    def classified(
        self, text: str, labels: Sequence[str], examples: Path | None, *, rounds: int
    ) -> _Told:
        """A text with its label."""
        from prompting.tasks.classifying import TextClassifier

        classifier = TextClassifier(self.asker, self.shelf, prompt=self.prompt)
        shots = _shots(examples) if examples else ()
        found = classifier.classify(
            text, _labels(labels), shots, language=self.language, rounds=rounds
        )
        rows = [("label", found.label or "none"), ("agreement", f"{found.agreement:.0%}")]
        return _Told(asdict(found), rows, _told(found.origin))


def _show(found: _Told, *, as_json: bool) -> None:
    if as_json:
        print_json(found.document)
        return
    print_table(("what", "found"), found.rows)
    for line in found.remarks:
        console.print(line, style="dim", markup=False, highlight=False)


def _told(origin: Origin) -> list[str]:
    who = f"{origin.engine} {origin.model}".strip()
    return [f"{who}, {origin.prompt}", *filter(None, [origin.note])]


def _words(text: str | None, file: Path | None) -> str:
    from ingest.text_file import read_text

    if (text is None) == (file is None):
        raise SettingsFault("Which text?", remedy="Give --text WORDS or --file FILE, one of them.")
    if text is not None:
        return text
    if file == Path("-"):
        return sys.stdin.read(MOST_READ)
    try:
        return read_text(file or Path())
    except UnicodeDecodeError as fault:
        raise SettingsFault(f"{file} is no UTF-8 text.", remedy="Save it as UTF-8.") from fault


def _machines(plant: Path) -> Sequence[str]:
    """Those of the plant; none where there is no description and none was asked for."""
    from ingest.plant import load_plant

    if plant == DEFAULT_PLANT and not plant.exists():
        return ()
    return [machine.id for machine in load_plant(plant).machines]


def _labels(given: Sequence[str]) -> dict[str, str]:
    if not given:
        raise SettingsFault("No labels are given.", remedy="Give each by --label NAME.")
    return {name.strip(): words.strip() for name, _, words in (one.partition("=") for one in given)}


def _shots(path: Path) -> Sequence[Shot]:
    from finetune.table import read_table
    from prompting.tasks.classifying import Shot

    table = read_table(path)
    table.need("text", "label")
    cells = zip(table.columns["text"], table.columns["label"], strict=True)
    return [Shot(text, label) for text, label in cells]
