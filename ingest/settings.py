"""Settings of the ingest room: batches, the broker session, silence and clocks."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class IngestSettings(BaseSettings):
    """Built once at the entry point and passed down."""

    model_config = SettingsConfigDict(env_prefix="ANDON_", frozen=True, extra="ignore")

    history_url: str = ""
    """Database of the history, such as postgresql://andon@10.0.0.5:5432/andon; empty: a file."""
    history_password_file: Path | None = None
    """File that holds the password of that database, if it wants one."""
    keep_raw_days: float = Field(default=0, ge=0, le=36_500)
    """Days after which readings are deleted and their rollups stay; 0: never. Events stay."""
    keep_minutes_days: float = Field(default=0, ge=0, le=36_500)
    """Days after which the rollups of a minute are deleted; 0: never."""
    keep_hours_days: float = Field(default=0, ge=0, le=36_500)
    """Days after which the rollups of an hour are deleted; 0: never."""

    batch_size: int = Field(default=1_000, ge=1, le=10_000)
    """Most messages in one commit, give or take those that came at once with the last.

    The broker may send twice as many unconfirmed.
    """
    batch_ms: float = Field(default=20.0, ge=1, le=1000)
    """Longest wait for a batch of a hundred; a larger one is what has arrived by then."""
    queue_size: int = Field(default=5_000, ge=10)
    """Messages that may wait for the writer; a broker that sends more has to wait."""
    max_payload_bytes: int = Field(default=1_048_576, ge=1024)
    """A longer message is set aside."""
    clock_ahead_s: float = Field(default=86_400.0, ge=0)
    """A source time further ahead of our clock than this is set aside."""
    rebirth_s: float = Field(default=30.0, ge=1, le=86_400)
    """A Sparkplug node is asked to announce itself again at most this often."""

    client_id: str = Field(default="", pattern=r"^[\w.\-]*$", max_length=60)
    """MQTT client id, the same after every restart; empty: one kept in the home folder."""
    keepalive_s: int = Field(default=30, ge=5, le=3600)
    session_expiry_s: int = Field(default=86_400, ge=0)
    """How long the broker keeps what arrives while no collector is there."""
    silence_s: float = Field(default=60.0, ge=1)
    """A connected broker that sends nothing for this long is reported, once."""

    lease_s: float = Field(default=6.0, ge=2, le=60)
    """A collector that is not heard of for this long loses its controllers to the others."""
    rate_window_s: float = Field(default=60.0, ge=1, le=3600)
    """How often it is looked at whether a source sends much less than usual."""

    modbus_backoff_s: float = Field(default=10.0, ge=0.1)
    """Longest pause before a device that does not answer is tried again."""

    disk_reserve_mb: float = Field(default=32.0, ge=0)
    """With less room on the disk of the history nothing more is taken in until there is more."""
    forward_url: str = ""
    """A central Andon to which every new record is passed on as well; empty: none."""
    cell: str = Field(default="", pattern=r"^[\w.\-]*$", max_length=60)
    """Name of this cell at the centre, given once; empty: one kept in the history."""
    forward_rate: float = Field(default=5_000.0, gt=0)
    """Most records a second that the centre is sent."""
    forward_batch: int = Field(default=500, ge=1, le=10_000)
    """Most records in one request to the centre."""
    forward_backoff_s: float = Field(default=60.0, ge=0.1)
    """Longest pause before a centre that is away is tried again, unless it asks for more."""
    forward_timeout_s: float = Field(default=60.0, ge=1)
    """How long the centre may take to confirm a request."""

    @field_validator("forward_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if url and not re.match(r"https?://[^/\s]+", url):
            raise ValueError(
                "must begin with http:// or https://, like https://andon.plant.example"
            )
        return url

    @model_validator(mode="after")
    def _coarser_is_kept_longer(self) -> Self:
        """Rollups of an hour are made of those of a minute, and these of readings."""
        days = [self.keep_raw_days, self.keep_minutes_days, self.keep_hours_days]
        kept = [one or math.inf for one in days]
        if kept != sorted(kept):
            raise ValueError(
                "ANDON_KEEP_RAW_DAYS, ANDON_KEEP_MINUTES_DAYS and ANDON_KEEP_HOURS_DAYS must not"
                f" become fewer (they are {', '.join(f'{one:g}' for one in days)}; 0: for ever)"
            )
        return self

    @property
    def disk_reserve_bytes(self) -> int:
        """The reserve in bytes."""
        return int(self.disk_reserve_mb * 1_000_000)
