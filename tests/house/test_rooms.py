"""The house keeps its layout: rooms, imports, sizes, and no word of where it was built."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOMS = {"ingest", "prompting", "finetune", "rag", "service", "simulators"}
BESIDE = {"tests", "docs"}


def tracked(repository: Path, pattern: str = "") -> list[Path]:
    """Files under version control, and new ones that are not ignored."""
    command = [
        "git",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        *filter(None, [pattern]),
    ]
    listed = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True)
    return [path for name in listed.stdout.splitlines() if (path := repository / name).is_file()]


def test_no_other_folder_stands_beside_the_rooms(repository: Path) -> None:
    """A new top-level folder is a decision record first; import-linter would not see it."""
    folders = {path.relative_to(repository).parts[0] for path in tracked(repository)}
    folders = {name for name in folders if (repository / name).is_dir() and name[0] != "."}
    assert folders <= ROOMS | BESIDE


def test_every_room_is_under_the_import_contracts_and_packaged(repository: Path) -> None:
    """The rooms of the house, the import linter and the distribution are the same."""
    project = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]
    assert set(project["importlinter"]["root_packages"]) == ROOMS
    assert {
        name.rstrip("*") for name in project["setuptools"]["packages"]["find"]["include"]
    } == ROOMS


def test_every_module_says_what_it_is(repository: Path) -> None:
    """One docstring a module, rooms and tests alike."""
    dumb = [
        str(path.relative_to(repository))
        for path in tracked(repository, "*.py")
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert dumb == []


def test_no_file_is_large(repository: Path) -> None:
    """Nothing over 5 MB belongs into the history."""
    large = [path.name for path in tracked(repository) if path.stat().st_size > 5_000_000]
    assert large == []


def test_no_source_file_holds_two_ideas(repository: Path) -> None:
    """A module of a room stays under 400 lines."""
    long = {
        str(path.relative_to(repository)): lines
        for path in tracked(repository, "*.py")
        if path.relative_to(repository).parts[0] in ROOMS
        and (lines := len(path.read_text().splitlines())) > 400
    }
    assert long == {}


@pytest.mark.parametrize("arguments", [["--help"], ["demo", "--help"], ["ingest", "--help"]])
def test_help_needs_no_heavy_library(arguments: list[str]) -> None:
    """`--help` answers without loading a model library, a database driver or a web server."""
    code = (
        "import sys; from service.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'numpy', 'fastapi', 'paho', 'pymodbus', 'qdrant_edge'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_import_contracts_hold(repository: Path) -> None:
    """The floors, the wires and the libraries in their rooms."""
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter, "--no-cache"], cwd=repository, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_a_planted_breach_is_found(repository: Path, tmp_path: Path) -> None:
    """The contracts can fail: a neighbour imported, a foreign library in a room."""
    for name in ROOMS:
        source = repository / name
        for path in source.rglob("*.py"):
            copy = tmp_path / path.relative_to(repository)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(path.read_text())
    (tmp_path / "pyproject.toml").write_text((repository / "pyproject.toml").read_text())
    (tmp_path / "rag" / "breach.py").write_text('"""A breach."""\nimport finetune\nimport paho\n')
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter, "--no-cache"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0
    assert "rag.breach -> finetune" in done.stdout
    assert "rag.breach -> paho" in done.stdout
