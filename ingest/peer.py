"""Another Andon over HTTP: where it is, the key that it wants, and who vouches for it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import SettingsFault

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class Peer:
    """An Andon service as the settings name it."""

    url: str
    key_file: Path | None = None
    """Holds the API key; None: the service runs open."""
    ca_file: Path | None = None
    """Holds the certificates that vouch for it; None: those of the system."""

    def client(
        self, *, timeout_s: float, transport: httpx.BaseTransport | None = None
    ) -> httpx.Client:
        """A client of it, to be closed by the caller.

        Raises:
            SettingsFault: the URL, the key file or the CA file cannot be used.
        """
        import httpx

        try:
            httpx.URL(self.url)
        except httpx.InvalidURL as fault:
            raise SettingsFault(
                f"{self.url!r} is no URL of a service: {fault}.",
                remedy="Like https://andon.plant.example",
            ) from fault
        if self.key_file is not None:
            self.key()
        return httpx.Client(
            base_url=self.url,
            auth=self._authorise if self.key_file is not None else None,
            timeout=timeout_s,
            verify=self._trust(),
            transport=transport,
        )

    def key(self) -> str:
        """The key as its file has it now; SettingsFault when it has none."""
        path = self.key_file or Path()
        try:
            key = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as fault:
            raise SettingsFault(
                f"The key file {path} cannot be read: {fault}.",
                remedy="Look at ANDON_API_KEY_FILE.",
            ) from fault
        if not key or not key.isascii() or any(letter.isspace() for letter in key):
            raise SettingsFault(
                f"The key file {path} must hold one API key and nothing else.",
                remedy="Put the line into it that `andon keys create` printed.",
            )
        return key

    def _authorise(self, request: httpx.Request) -> httpx.Request:
        """Read anew for every request, so that a key can be changed without a restart."""
        request.headers["Authorization"] = f"Bearer {self.key()}"
        return request

    def _trust(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as fault:
            raise SettingsFault(
                f"The CA file {self.ca_file} cannot be used: {fault}.",
                remedy="Look at ANDON_CA_FILE; it holds PEM certificates.",
            ) from fault
