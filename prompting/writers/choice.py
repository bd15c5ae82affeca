"""Who is asked for a text, as the settings say: a model with everything around it, or nobody."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

from prompting.asking import Asker
from prompting.model import Model
from prompting.models.choice import model_of
from prompting.question import Observer
from prompting.redaction import Redaction
from prompting.redaction_file import SHIPPED, read_redaction
from prompting.reply_cache import FILE, CacheLimits, ReplyCache
from prompting.settings import PromptingSettings

HOUR_S = 3600.0
MEGABYTE = 1_000_000


def asker_of(
    settings: PromptingSettings,
    *,
    home: Path | None = None,
    model: Model | None = None,
    observer: Observer | None = None,
) -> Asker | None:
    """An asker of the model that is set; None where texts are written by rule alone.

    Args:
        settings: Of this room.
        home: Folder of the cache and of what is known of the model; None: nothing is kept.
        model: The one to ask; None: that of the settings.
        observer: Keeps figures.

    Raises:
        SettingsFault: Only half of a model is set, or a file that is named cannot be used.
    """
    redaction = redaction_of(settings)
    asked = model or model_of(settings, home)
    if asked is None:
        return None
    cache = _cache(settings, home)
    return Asker(asked, settings, cache=cache, redaction=redaction, observer=observer)


def redaction_of(settings: PromptingSettings) -> Redaction:
    """What to hide from that model; the file is checked even where nothing is hidden."""
    found = read_redaction(settings.llm_redact_file) if settings.llm_redact_file else SHIPPED
    if settings.llm_redact == "never":
        return Redaction()
    if settings.llm_redact == "remote" and _stays(settings):
        return Redaction()
    return found


def _stays(settings: PromptingSettings) -> bool:
    """Whether what is sent stays on this machine."""
    if settings.llm_folder is not None:
        return True
    host = urlsplit(settings.llm_url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _cache(settings: PromptingSettings, home: Path | None) -> ReplyCache | None:
    if home is None or not settings.llm_cache_entries:
        return None
    limits = CacheLimits(
        entries=settings.llm_cache_entries,
        size=int(settings.llm_cache_mb * MEGABYTE),
        age_s=settings.llm_cache_hours * HOUR_S,
    )
    return ReplyCache(home / FILE, limits)
