"""Which version of a task is in use, which was before, which is the shadow, and who said so."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from finetune.file_forms import open_plain
from finetune.untrusted_json import parse_json, read_json
from ingest.errors import SettingsFault

CURRENT, SHADOW, PROMOTIONS, LOCK = "current", "shadow", "promotions.jsonl", ".promotion.lock"
MOST = 16 * 1024 * 1024
"""Bytes of the history of promotions that are read, the newest ones."""


class InUse:
    """The small files beside the versions of one task; each is replaced whole, never rewritten."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else, of this process or another, changes what is in use meanwhile."""
        with (self._folder / LOCK).open("a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def promoted(self) -> tuple[str, ...]:
        """Versions in the order in which they came into use; the last one is in use.

        Raises:
            SettingsFault: the file cannot be read.
        """
        return tuple(self._words(CURRENT, "names the version in use", "promote"))

    def shadow(self) -> str | None:
        """The version that runs in the shadow.

        Raises:
            SettingsFault: the file cannot be read.
        """
        return next(iter(self._words(SHADOW, "names the version in the shadow", "shadow")), None)

    def switch(self, versions: Sequence[str]) -> None:
        """From now on these came into use, in that order."""
        self._replace(CURRENT, "\n".join(versions) + "\n")

    def cast(self, version: str | None) -> None:
        """That version runs in the shadow from now on, or none."""
        if version is None:
            (self._folder / SHADOW).unlink(missing_ok=True)
            bring_to_disk(self._folder)
        else:
            self._replace(SHADOW, f"{version}\n")

    def note(self, action: str, version: str, **more: Any) -> None:
        """One more line of the history, on the disk before anything follows from it."""
        more["who"] = more.get("who") or this_user()
        said = {"at": _now(), "action": action, "version": version, **more}
        path = self._folder / PROMOTIONS
        torn = _torn(path)
        with path.open("a", encoding="utf-8") as file:
            file.write(("\n" if torn else "") + json.dumps(said, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def history(self) -> tuple[dict[str, Any], ...]:
        """Every line of the history, oldest first; one that was torn by a crash is left out."""
        path = self._folder / PROMOTIONS
        if not path.is_file():
            return ()
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - MOST))
            lines = file.read().decode("utf-8", "replace").splitlines()
        found = []
        for line in lines:
            try:
                read = parse_json(line, path)
            except SettingsFault:
                continue
            if isinstance(read, dict):
                found.append(read)
        return tuple(found)

    def keep_gate(self, version: str, said: Mapping[str, Any]) -> None:
        """What the gate said of a version the last time, beside its sealed folder."""
        text = json.dumps({"at": _now(), **said}, indent=1, ensure_ascii=False)
        self._replace(gate_file(version), text + "\n")

    def gate(self, version: str) -> dict[str, Any]:
        """What the gate said; empty if it was not asked, or nobody can read it."""
        path = self._folder / gate_file(version)
        try:
            read = read_json(path) if path.is_file() else {}
        except SettingsFault:
            return {}
        return read if isinstance(read, dict) else {}

    def _words(self, name: str, meaning: str, command: str) -> list[str]:
        path = self._folder / name
        try:
            with open_plain(path) as file:
                return file.read(MOST).decode().split()
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as fault:
            raise SettingsFault(
                f"{path}, which {meaning}, cannot be read: {fault}.",
                remedy="Remove it and name one again: "
                f"andon models {command} {self._folder.name} VERSION.",
            ) from fault

    def _replace(self, name: str, text: str) -> None:
        fresh = self._folder / f".{name}-{os.getpid()}"
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._folder / name)
        bring_to_disk(self._folder)


def gate_file(version: str) -> str:
    """Name of the file that keeps what the gate said."""
    return f"{version}.gate.json"


def bring_to_disk(folder: Path) -> None:
    """The names in a folder, after a file was put there, moved or removed."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _torn(path: Path) -> bool:
    """Whether the last line of a file lacks its end."""
    if not path.is_file() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() != b"\n"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def this_user() -> str:
    """Who runs this process; a container may have no name for its user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
