"""Encrypted connections as a client: whom we trust, and the certificate that we show."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The files of an encrypted connection, all in PEM."""

    ca_file: Path | None = None
    """Whose signature the peer's certificate must bear; None: whom this machine trusts."""
    client_cert: Path | None = None
    client_key: Path | None = None
    """None: the key stands in the file of the certificate."""
    server_name: str = ""
    """The name in the peer's certificate, where it is not the host of the address."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """Those that are stated."""
        named = (self.ca_file, self.client_cert, self.client_key)
        return tuple(path for path in named if path is not None)


NO_FILES = TlsFiles()


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """A context that checks the peer's certificate and its name.

    Raises:
        ValueError: a file cannot be used; the message names it and says why.
    """
    try:
        context = ssl.create_default_context(cafile=files.ca_file)
    except (OSError, ValueError) as fault:
        raise ValueError(f"ca_file {files.ca_file} cannot be used: {_words(fault)}") from fault
    if files.client_cert is None:
        if files.client_key is not None:
            raise ValueError(f"client_key {files.client_key} needs a client_cert")
        return context
    try:
        # A password would be asked for on the terminal, where nobody sits.
        context.load_cert_chain(files.client_cert, files.client_key, password=_no_password)
    except (OSError, ValueError) as fault:
        pair = f"client_cert {files.client_cert} with client_key {files.client_key}"
        raise ValueError(f"{pair} cannot be used: {_words(fault)}") from fault
    return context


def tls_words(fault: BaseException) -> str:
    """Why a peer was not trusted, or did not trust us, in plain words."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {fault.verify_message}"
    said = str(getattr(fault, "reason", "") or fault).lower().replace("_", " ")
    if "certificate required" in said:
        return "it wants a certificate of us: name client_cert and client_key"
    if "alert" in said:
        return f"it refuses our certificate or our way of encrypting: {said}"
    return f"the encrypted connection fails: {said}"


def _no_password() -> str:
    raise ValueError("the key is locked with a password; store one without")


def _words(fault: Exception) -> str:
    if isinstance(fault, ssl.SSLError):
        return (fault.reason or "it is no certificate in PEM").lower().replace("_", " ")
    return getattr(fault, "strerror", None) or str(fault)
