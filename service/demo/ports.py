"""A demo plant whose ports are taken moves to free ones."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

from ingest.errors import SettingsFault
from ingest.plant import Plant
from service.settings import is_loopback

_RELATIVE = re.compile(
    r'^(\s*(?:registers|folder|password_file|ca_file|client_cert|client_key)\s*=\s*")(?!/)',
    re.MULTILINE,
)


LOOPBACK = "127.0.0.1"


def free_port(host: str) -> int:
    """A port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def is_taken(host: str, port: int) -> bool:
    """Whether something listens there, or we may not."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def on_free_ports(plant: Plant, folder: Path) -> Path:
    """The plant file itself, or a copy in `folder` in which free ports replace the taken ones."""
    brokers = [broker.url for broker in plant.brokers]
    urls = brokers + [machine.modbus.url for machine in plant.machines if machine.modbus]
    for url in urls:
        if not is_loopback(urlsplit(url).hostname or ""):
            raise SettingsFault(
                f"The demo plays on this machine alone, but {plant.path} names {url}.",
                remedy="Give it the demo's plant.toml with --plant.",
            )
    taken = [url for url in urls if _is_taken(url)]
    if not taken:
        return plant.path
    text = plant.path.read_text()
    for url in taken:
        text = text.replace(f'"{url}"', f'"{_moved(url)}"')
    # The copy stands elsewhere, so that what it names beside itself must be named in full.
    text = _RELATIVE.sub(rf"\g<1>{plant.path.resolve().parent}/", text)
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / "demo-plant.toml"
    copy.write_text(text)
    return copy


def _is_taken(url: str) -> bool:
    address = urlsplit(url)
    return is_taken(address.hostname or "", address.port or 0)


def _moved(url: str) -> str:
    address = urlsplit(url)
    return url.replace(f":{address.port}", f":{free_port(address.hostname or LOOPBACK)}")
