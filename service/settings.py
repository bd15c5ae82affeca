"""Settings of the process, and the refusal of names in the environment that nobody reads."""

from __future__ import annotations

import difflib
import importlib
import ipaddress
import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import AliasChoices, AliasPath, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingest.errors import SettingsFault

Group = TypeVar("Group", bound=BaseSettings)

PREFIX = "ANDON_"
TEST_PREFIX = "ANDON_TEST_"
"""Names for the tests alone, such as the address of a server to test against."""
ROOMS = ("ingest", "prompting", "finetune", "rag", "service")


class ServiceSettings(BaseSettings):
    """Read once at the entry point and passed down."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    home: Path = Path(".andon")
    """Folder of the history, the vectors, the models and the documents."""
    plant: Path = Path("plant.toml")
    """The plant description."""
    host: str = Field(default="127.0.0.1", min_length=1)
    """Address to listen on; any but loopback needs keys."""
    port: int = Field(default=8080, ge=1, le=65535)
    url: str = "http://127.0.0.1:8080"
    """Where commands find a running service."""
    api_key_file: Path | None = None
    """File that holds the API key that commands and `--forward` send, read anew each time."""
    ca_file: Path | None = None
    """Certificates that vouch for that service's or centre's https; empty: those of the system."""
    keys_file: Path | None = None
    """API keys as `andon keys create` writes them; none: open, on loopback only."""
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")
    """Language of the summaries on issue cards."""
    watch_period_s: float = Field(default=1.0, gt=0, le=60)
    """How often each machine is looked at."""
    watch_window_s: float = Field(default=600.0, ge=5, le=86_400)
    """How far back the watch looks."""
    watch_baseline_s: float = Field(default=3600.0, ge=10, le=604_800)
    """How much of a machine's own past its normal behaviour is learnt from."""
    watch_clear_s: float = Field(default=120.0, ge=1, le=86_400)
    """A card resolves by itself after this long without a symptom."""
    watch_silence_s: float = Field(default=15.0, ge=1, le=86_400)
    """A machine that says nothing for this long, while others speak, is a fault."""
    watch_confidence: float = Field(default=0.8, gt=0, le=1)
    """How sure the classifier must be of a note before the note can open a card."""
    upload_limit_mb: float = Field(default=32.0, gt=0, le=512)
    """Largest request body, uploaded documents included."""
    answers_kept_days: int = Field(default=365, ge=1, le=36_500)
    """How long answers are kept with their passages, for feedback and for the audit."""

    @classmethod
    def read(cls, **chosen: Any) -> Self:
        """The settings of the environment, overruled by what the command line chose.

        Raises:
            SettingsFault: with every value that cannot be used.
        """
        return read_settings(cls, **chosen)

    @property
    def history_file(self) -> Path:
        """The database of readings, events and cards."""
        return self.home / "history.db"

    @property
    def loopback(self) -> bool:
        """Nothing outside this machine can reach the service."""
        return is_loopback(self.host)

    @property
    def window(self) -> timedelta:
        """How far back the watch looks."""
        return timedelta(seconds=self.watch_window_s)

    @property
    def clear(self) -> timedelta:
        """Calm needed before a card resolves."""
        return timedelta(seconds=self.watch_clear_s)


def read_settings(group: type[Group], **chosen: Any) -> Group:
    """The settings of a room, overruled by what is chosen and not None.

    Raises:
        SettingsFault: with every value that cannot be used, by its name in the environment.
    """
    try:
        return group(**{name: value for name, value in chosen.items() if value is not None})
    except ValidationError as error:
        raise SettingsFault(_complaint(error), remedy="Correct it or unset it.") from error


def is_loopback(host: str) -> bool:
    """True for a name or address that only this machine can reach."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def settings_classes() -> Iterator[type[BaseSettings]]:
    """Every settings class of every room."""
    for room in ROOMS:
        module = importlib.import_module(f"{room}.settings")
        for member in vars(module).values():
            own = isinstance(member, type) and member.__module__ == module.__name__
            if own and issubclass(member, BaseSettings):
                yield member


def known_names() -> frozenset[str]:
    """Every name of the environment that some room reads, in upper case."""
    return frozenset(
        name.upper()
        for group in settings_classes()
        for key, field in group.model_fields.items()
        for name in _names(group.model_config.get("env_prefix", ""), key, field)
    )


def refuse_unknown_settings(environment: Mapping[str, str] | None = None) -> None:
    """Raise SettingsFault for `ANDON_` names that no room reads, all of them, with the likely ones.

    Args:
        environment: the process environment when None.
    """
    given = os.environ if environment is None else environment
    mine = {name for name in given if name.upper().startswith(PREFIX)}
    mine -= {name for name in mine if name.upper().startswith(TEST_PREFIX)}
    known = known_names()
    strange = sorted(name for name in mine if name.upper() not in known)
    if strange:
        complaints = [f"{name} is no setting of Andon{_likely(name, known)}." for name in strange]
        raise SettingsFault("\n".join(complaints), remedy="Unset it or correct its name.")


def _names(prefix: str, key: str, field: FieldInfo) -> Iterator[str]:
    alias = field.validation_alias
    if alias is None:
        yield prefix + key
        return
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    for choice in choices:
        yield str(choice.path[0]) if isinstance(choice, AliasPath) else choice


def _likely(name: str, known: frozenset[str]) -> str:
    near = difflib.get_close_matches(name.upper(), known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _complaint(error: ValidationError) -> str:
    lines = []
    for defect in error.errors(include_url=False, include_context=False):
        words = defect["msg"].removeprefix("Value error, ")
        if not defect["loc"]:  # about several settings, which it names itself
            lines.append(f"{words}.")
            continue
        name = PREFIX + "_".join(str(part) for part in defect["loc"]).upper()
        lines.append(f"{name}: {words} (it is {str(defect['input'])[:80]!r}).")
    return "\n".join(lines)
