"""andon serve, keys and doctor: the service, who may use it, and what it needs."""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ingest.errors import SettingsFault
from service.cli.options import (
    DEFAULT_HOME,
    DEFAULT_PLANT,
    HomeOption,
    JsonOption,
    PlantOption,
    complaints,
    console,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from service.doctor import Finding
    from service.parts import Parts
    from service.reach import Reach
    from service.settings import ServiceSettings

STOP_S = 3
"""How long open requests and streams may take to end."""

keys = typer.Typer(no_args_is_help=True, help="API keys: who may use a service, and for what.")

_SHOWN_OF_KEY = ("id", "role", "name", "created_at", "machines", "lines")

KeysFileOption = Annotated[
    Path | None,
    typer.Option(
        "--keys-file",
        envvar="ANDON_KEYS_FILE",
        help="File of the hashed keys; keys.json in the home folder unless given.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(serve)
    app.command()(doctor)
    app.add_typer(keys, name="keys")


def serve(
    *,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on (ANDON_HOST, else 127.0.0.1).")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port (ANDON_PORT, else 8080).")
    ] = None,
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """The service: HTTP interface, watch over the machines, operator page.

    On 127.0.0.1 it runs open, for this machine alone. To listen elsewhere it needs keys:
    `andon keys create --role operator`, and their file in ANDON_KEYS_FILE.
    """
    from service.demo.home import unmark
    from service.settings import ServiceSettings

    settings = ServiceSettings.read(host=host, port=port, plant=plant, home=home)
    unmark(settings.home)
    with _bound(settings) as listener:
        from service.assembly import assembled
        from service.logs import log_to_stderr

        log_to_stderr()
        with assembled(settings, complaints.say) as parts:
            _announce(parts)
            _run(parts, listener)


@keys.command("create")
def create_key(
    *,
    role: Annotated[
        Literal["machine", "operator", "engineer"],
        typer.Option(help="machine: push; operator: read, ask, acknowledge; engineer: all."),
    ],
    name: Annotated[str, typer.Option(help="Who or what will hold it.")] = "",
    machine: Annotated[
        list[str] | None,
        typer.Option(help="Only for this machine; may be repeated. Without: every machine."),
    ] = None,
    line: Annotated[
        list[str] | None, typer.Option(help="Only for the machines of this line; may be repeated.")
    ] = None,
    if_none: Annotated[
        bool, typer.Option("--if-none", help="Do nothing when the file holds a key of this role.")
    ] = False,
    keys_file: KeysFileOption = None,
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Make a key and print it, this once; the file keeps its hash.

    A key for some machines sees, asks and pushes nothing about the others.
    """
    from service.access import Role, read_keys
    from service.access import create_key as create

    reach = _reach(machine or (), line or (), plant)
    path = keys_file or home / "keys.json"
    if if_none and path.exists() and any(key.role == role for key in read_keys(path)):
        complaints.print(f"{path} holds a key for the role {role} already.", markup=False)
        return
    token = create(path, Role(role), name=name, reach=reach)
    words = f"Kept in {path}, which `andon serve` reads where ANDON_KEYS_FILE names it."
    complaints.print(f"{words} This is the key, shown only now:", markup=False)
    typer.echo(token)


@keys.command("list")
def list_keys(
    *,
    keys_file: KeysFileOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """The keys of the file, without their secrets."""
    from service.access import read_keys

    found = read_keys(keys_file or home / "keys.json")
    if as_json:
        print_json([{name: getattr(key, name) for name in _SHOWN_OF_KEY} for key in found])
        return
    for key in found:
        only = ", ".join((*key.machines, *key.lines)) or "every machine"
        words = (key.id, key.role, key.name, key.created_at, only)
        console.print("  ".join(words), markup=False, highlight=False)


@keys.command("remove")
def remove_key(
    identity: Annotated[str, typer.Argument(metavar="ID", help="As `andon keys list` shows it.")],
    *,
    keys_file: KeysFileOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Take a key out of the file; a running service refuses it from then on."""
    from service.access import remove_key as remove

    remove(keys_file or home / "keys.json", identity)


def doctor(
    *,
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """What is installed, reachable and switched on, and what is missing."""
    from service.doctor import examine

    findings = examine(plant, home)
    well = all(finding.state != "missing" for finding in findings)
    if as_json:
        print_json({"ok": well, "findings": [_as_dict(finding) for finding in findings]})
    else:
        _print_findings(findings)
    if not well:
        raise typer.Exit(1)


def _reach(machines: Sequence[str], lines: Sequence[str], plant: Path) -> Reach:
    """What a key is for; names that the plant does not have are refused, where there is one."""
    from service.reach import Reach

    reach = Reach(tuple(machines), tuple(lines))
    if reach.limited and plant.exists():
        from ingest.plant import load_plant

        reach.check(load_plant(plant))
    return reach


def _bound(settings: ServiceSettings) -> socket.socket:
    """A socket of our own on the address, before anything slow begins.

    Raises:
        SettingsFault: someone else has it, or we may not.
    """
    host = settings.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, settings.port))
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        raise SettingsFault(
            f"Port {settings.port} on {settings.host} is in use."
            if taken
            else f"Cannot listen on {settings.host} port {settings.port}: {error.strerror}.",
            remedy="Name another with --port or ANDON_PORT, or end the program that has it."
            if taken
            else "Name another address with --host or port with --port.",
        ) from error
    return listener


def _run(parts: Parts, listener: socket.socket) -> None:
    import uvicorn

    from service.app import create_app

    config = uvicorn.Config(
        create_app(parts),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_S,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _announce(parts: Parts) -> None:
    settings = parts.settings
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    complaints.say(f"{parts.plant.name}: http://{host}:{settings.port}")
    if parts.access.open:
        complaints.say("It runs open, without keys: whoever uses this machine may do everything.")
    for component in parts.components:
        if component.state != "ok":
            complaints.say(f"{component.name}: {component.detail}")


def _as_dict(finding: Finding) -> dict[str, str]:
    return {
        "name": finding.name,
        "state": finding.state,
        "detail": finding.detail,
        "remedy": finding.remedy,
    }


def _print_findings(findings: list[Finding]) -> None:
    rows = ([one.name, one.state, one.detail, one.remedy] for one in findings)
    print_table(("part", "state", "what was found", "what to do"), rows)
