"""Who may do what: API keys with a role, stored hashed, in a file that only the owner reads."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from ingest.errors import NotKnown, SettingsFault
from service.faults import Forbidden, Unauthorised
from service.reach import EVERYWHERE, Reach
from service.settings import ServiceSettings

TOKEN = re.compile(r"andon_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")


class Role(StrEnum):
    """What a key is for."""

    MACHINE = "machine"
    """Push readings and events."""
    OPERATOR = "operator"
    """Read, ask, acknowledge, give feedback."""
    ENGINEER = "engineer"
    """Everything, documents and models included."""


@dataclass(frozen=True, slots=True)
class Key:
    """A stored key; the secret itself is shown once and never kept."""

    id: str
    role: Role
    name: str
    sha256: str
    """Of the secret. It has 256 random bits, so a slow hash would add nothing."""
    created_at: str
    machines: tuple[str, ...] = ()
    """With `lines`: the machines that it is for; with neither, every machine."""
    lines: tuple[str, ...] = ()

    @property
    def reach(self) -> Reach:
        """The machines that it is for."""
        return Reach(self.machines, self.lines)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request."""

    name: str
    role: Role
    reach: Reach = EVERYWHERE
    key: str = ""
    """Id of the key: two of them may bear one name."""

    @property
    def reader(self) -> str | None:
        """The role as the readers of a document name it; None: reads every document."""
        return None if self.role is Role.ENGINEER else self.role.value

    def must_be(self, *roles: Role) -> None:
        """Raise Forbidden unless the caller has one of these roles or may do everything."""
        if self.role is not Role.ENGINEER and self.role not in roles:
            wanted = " or ".join(roles) or Role.ENGINEER
            raise Forbidden(f"This needs a key with the role {wanted}; yours is {self.role}.")


EVERYBODY = Caller("open", Role.ENGINEER)
"""The caller of a service without keys, which only this machine can reach."""


class Access:
    """Checks keys against the file, which is read again when it changes."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._keys: dict[str, Key] = {}
        self._read_at: tuple[int, int] | None = None
        if path is not None:
            self._refresh(path)

    @property
    def open(self) -> bool:
        """Nobody needs a key."""
        return self._path is None

    def caller(self, token: str | None) -> Caller:
        """Who holds this token; Unauthorised when nobody does."""
        if self._path is None:
            return EVERYBODY
        self._refresh(self._path)
        parts = TOKEN.fullmatch(token or "")
        if parts is None:
            raise Unauthorised("This needs an API key.", remedy="Send Authorization: Bearer KEY.")
        key = self._keys.get(parts[1])
        digest = _digest(parts[2])
        if not hmac.compare_digest(digest, key.sha256 if key else _digest("")) or key is None:
            raise Unauthorised("This API key is not known.")
        return Caller(key.name or key.id, key.role, key.reach, key.id)

    def _refresh(self, path: Path) -> None:
        with self._lock:
            stamp = _stamp(path)
            if stamp != self._read_at:
                self._keys = {key.id: key for key in read_keys(path)}
                self._read_at = stamp


def access_for(settings: ServiceSettings) -> Access:
    """The access that the settings ask for.

    Raises:
        SettingsFault: others can reach the service and no key protects it.
    """
    if settings.keys_file is None and not settings.loopback:
        raise SettingsFault(
            f"The service would listen on {settings.host}, in reach of others, without keys.",
            remedy="Make keys with `andon keys create` and name their file in ANDON_KEYS_FILE, "
            "or listen on 127.0.0.1.",
        )
    if settings.keys_file is not None and not read_keys(settings.keys_file):
        raise SettingsFault(
            f"The keys file {settings.keys_file} holds no key.",
            remedy="Make one with `andon keys create --role engineer`.",
        )
    return Access(settings.keys_file)


def read_keys(path: Path) -> list[Key]:
    """The keys of a file.

    Raises:
        SettingsFault: it is missing or is no keys file.
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["keys"]
        return [_key(entry) for entry in entries]
    except OSError as error:
        raise SettingsFault(
            f"The keys file {path} cannot be read: {error.strerror}.",
            remedy="Make one with `andon keys create --role engineer`.",
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsFault(f"{path} is no keys file of Andon: {error}.") from error


def create_key(path: Path, role: Role, *, name: str = "", reach: Reach = EVERYWHERE) -> str:
    """Add a key to the file and return the token, which is kept nowhere.

    Raises:
        SettingsFault: an engineer's key was to be for some machines only.
    """
    keys = read_keys(path) if path.exists() else []
    secret, identity = secrets.token_urlsafe(32), secrets.token_hex(4)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    new = Key(identity, role, name, _digest(secret), now, reach.machines, reach.lines)
    _write(path, [*keys, _checked(new)])
    return f"andon_{identity}_{secret}"


def remove_key(path: Path, identity: str) -> None:
    """Take a key out of the file; NotKnown when it is not there."""
    keys = read_keys(path)
    left = [key for key in keys if key.id != identity]
    if len(left) == len(keys):
        raise NotKnown(f"{path} has no key {identity}.")
    _write(path, left)


def _key(entry: dict[str, Any]) -> Key:
    """A key as the file has it; one written before keys could be limited is for every machine."""
    limits = {name: _names(entry.get(name, [])) for name in ("machines", "lines")}
    return _checked(Key(**{**entry, **limits, "role": Role(entry["role"])}))


def _names(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise ValueError("machines and lines are lists of names")
    return tuple(given)


def _checked(key: Key) -> Key:
    if key.role is Role.ENGINEER and key.reach.limited:
        raise SettingsFault(
            f"Key {key.id} is an engineer's, who does everything: it cannot be for some machines.",
            remedy="Give it the role operator or machine, or no limit.",
        )
    return key


def _write(path: Path, keys: list[Key]) -> None:
    """Replace the file in one step; from its first byte only the owner can read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    text = json.dumps({"keys": [asdict(key) for key in keys]}, indent=2) + "\n"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as sink:
        sink.write(text)
    draft.replace(path)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino
