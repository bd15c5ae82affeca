"""The prompts at hand: the shipped ones, and a plant's own before them, as they stand on the disk.

The folders are looked at whenever a prompt is asked for, so an edit changes the next result. A file
that has changed is left alone until two looks find it the same: it may be half written, or on its
way from an editor that renames. A file with faults is not taken over, and said once; what was read
from it before serves on. A file that is gone gives the shipped prompt back; a folder that is gone,
as when a network drive is, changes nothing.
"""

from __future__ import annotations

import logging
import os
import stat
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import NotKnown, SettingsFault
from prompting.prompt_file import Defect, Prompt, PromptFault, read_prompt

__all__ = ["SHIPPED", "Prompt", "PromptLibrary", "read_prompt"]

log = logging.getLogger(__name__)

SHIPPED = Path(__file__).parent / "prompts"
MOST_FILES = 500
SETTLING_S = 0.1
"""Between two looks at a file that has changed."""
MOST_LOOKS = 10

_Look = tuple[int, ...]
"""Times of change, size, number and device of a file; empty where it leads nowhere."""
_Key = tuple[str, str]
"""Id and language."""


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it was last found."""

    look: _Look
    prompt: Prompt | None = None
    """What was read from it when it was last right."""
    defects: tuple[Defect, ...] = ()


class PromptLibrary:
    """Gives each prompt as it was when its file was last right; safe for many threads."""

    def __init__(self, own: Path | None = None) -> None:
        if own is not None and not own.is_dir():
            raise SettingsFault(
                f"There is no prompt folder {own}.", remedy="Correct ANDON_PROMPTS_FOLDER."
            )
        self._shelves = tuple(_Shelf(folder) for folder in (SHIPPED, own) if folder)
        self._lock = threading.Lock()
        self._prompts: Mapping[_Key, Prompt] = {}
        self._faults: tuple[Defect, ...] = ()

    def list(self) -> tuple[Prompt, ...]:
        """Every prompt, by id and language."""
        prompts, _ = self._look()
        return tuple(prompts[key] for key in sorted(prompts))

    def get(self, identity: str, language: str, *, schema: str = "") -> Prompt:
        """One prompt.

        Args:
            identity: Its id.
            language: `en` or `de`.
            schema: The form of reply that is needed; empty: any.

        Raises:
            NotKnown: No such prompt, not in that language, or not for that form of reply.
        """
        prompts, faults = self._look()
        prompt = prompts.get((identity, language))
        if prompt is None:
            known = ", ".join(f"{name} ({lang})" for name, lang in sorted(prompts))
            broken = "".join(f" {fault}" for fault in faults)
            raise NotKnown(
                f"There is no prompt {identity} in {language}.", remedy=f"Known: {known}.{broken}"
            )
        if schema not in ("", prompt.front.output):
            fit = sorted({name for (name, _), one in prompts.items() if one.front.output == schema})
            words = f"Prompt {identity} is of schema {prompt.front.output}, not {schema}."
            raise NotKnown(words, remedy=f"Those are: {', '.join(fit)}.")
        return prompt

    def faults(self) -> tuple[Defect, ...]:
        """What is wrong with files that are not taken over."""
        return self._look()[1]

    def _look(self) -> tuple[Mapping[_Key, Prompt], tuple[Defect, ...]]:
        with self._lock:
            changed = [shelf.look() for shelf in self._shelves]
            if any(changed):
                self._prompts, self._faults = _laid_out(self._shelves)
            return self._prompts, self._faults


class _Shelf:
    """One folder with prompt files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: Mapping[Path, _Look] | None = None
        self._files: Mapping[Path, _File] = {}
        self._away: tuple[Defect, ...] = ()

    def look(self) -> bool:
        """Read what has changed; whether anything has."""
        try:
            found = self._settled()
        except OSError as fault:
            return self._is_away(fault)
        if found == self._found and not self._away:
            return False
        for path in self._files.keys() - found.keys():
            log.info("prompt file is gone", extra={"path": str(path)})
        chosen = sorted(found.items())[:MOST_FILES]
        self._files = {path: _read(path, look, self._files.get(path)) for path, look in chosen}
        self._found, self._away = found, ()
        return True

    def prompts(self) -> Iterable[Prompt]:
        """What the files held when they were last right, by name of the file."""
        return (file.prompt for file in self._files.values() if file.prompt)

    def defects(self) -> tuple[Defect, ...]:
        """What is wrong with the folder and its files."""
        own = (*self._away, *_too_many(self._folder, self._found or {}))
        return (*own, *(defect for file in self._files.values() for defect in file.defects))

    def _settled(self) -> Mapping[Path, _Look]:
        """The files as two looks in a row find them; as before while they are still changing."""
        found = _looks(self._folder)
        if self._found is None or found == self._found:
            return found
        for _ in range(MOST_LOOKS):
            time.sleep(SETTLING_S)
            before, found = found, _looks(self._folder)
            if found == before:
                return found
        return self._found

    def _is_away(self, fault: OSError) -> bool:
        words = f"cannot be looked into: {fault.strerror}; what was read from it before serves on"
        away = (Defect(self._folder, 1, words),)
        if away == self._away:
            return False
        log.error("prompt folder is away: %s", away[0])
        self._away = away
        return True


def _looks(folder: Path) -> dict[Path, _Look]:
    """Every file that may be a prompt; editors' own files and the folder's README are none."""
    with os.scandir(folder) as entries:
        return {
            folder / entry.name: look
            for entry in entries
            if entry.name.endswith(".md")
            and entry.name[0] not in ".#~"
            and entry.name.lower() != "readme.md"
            and (look := _look(entry)) is not None
        }


def _look(entry: os.DirEntry[str]) -> _Look | None:
    """None for a folder."""
    try:
        found = entry.stat()
    except OSError:
        return ()
    if stat.S_ISDIR(found.st_mode):
        return None
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_dev)


def _too_many(folder: Path, found: Mapping[Path, _Look]) -> tuple[Defect, ...]:
    if len(found) <= MOST_FILES:
        return ()
    return (Defect(folder, 1, f"has {len(found)} prompt files; the first {MOST_FILES} are read"),)


def _read(path: Path, look: _Look, before: _File | None) -> _File:
    if before is not None and before.look == look:
        return before
    last = before.prompt if before else None
    try:
        prompt = read_prompt(path)
    except PromptFault as fault:
        if before is None or before.defects != fault.defects:
            log.error("prompt file is not taken over: %s", fault)
        return _File(look, last, fault.defects)
    if last is not None and last.hash != prompt.hash:
        log.info("prompt is read again", extra={"prompt": prompt.reference})
    return _File(look, prompt)


def _laid_out(
    shelves: Iterable[_Shelf],
) -> tuple[Mapping[_Key, Prompt], tuple[Defect, ...]]:
    """One prompt for each id and language: the last shelf wins, and in it the first file."""
    prompts: dict[_Key, Prompt] = {}
    defects: list[Defect] = []
    for shelf in shelves:
        laid: dict[_Key, Prompt] = {}
        for prompt in shelf.prompts():
            key = (prompt.front.id, prompt.front.language)
            first = laid.setdefault(key, prompt)
            if first is not prompt:
                words = f"is {key[0]} in {key[1]} again, which {first.path.name} is: not used"
                defects.append(Defect(prompt.path, 2, words))
        prompts |= laid
        defects += shelf.defects()
    return prompts, tuple(defects)
