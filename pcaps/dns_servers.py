"""Real name servers with the zones that a maker writes: nsd, unbound, named.

Each gets a folder for its files and runs in the foreground; `*_READY` is in the line
that it says when it can be asked. Logging of queries is off, rate limits too: a client
that asks often is what the captures are of.
"""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from pcaps.lab import CLIENT_HOST, CLIENT_HOST_6, SERVER_HOST, SERVER_HOST_6, Lab

DNS_PORT = 53
NSD_READY = "nsd started"
UNBOUND_READY = "start of service"
NAMED_READY = "running"

# `port` looks at no fragment but the first, and at no IPv6 fragment at all.
DNS_TRAFFIC = f"port {DNS_PORT} or ip[6:2] & 0x1fff != 0 or ip6[6] = 44"

HOSTS = {"server": (SERVER_HOST, SERVER_HOST_6), "client": (CLIENT_HOST, CLIENT_HOST_6)}


def zone(origin: str, *records: str, serial: int = 1) -> str:
    """A zone file: the SOA, the name server `ns` at the server's host, and `records`."""
    return "\n".join(
        (
            f"$ORIGIN {origin}",
            "$TTL 300",
            f"@ SOA ns hostmaster {serial} 3600 600 86400 60",
            "@ NS ns",
            f"ns A {SERVER_HOST}",
            f"ns AAAA {SERVER_HOST_6}",
            *records,
            "",
        )
    )


def nsd_command(
    folder: Path,
    zones: Mapping[str, str],
    addresses: Sequence[str],
    port: int = DNS_PORT,
    options: Sequence[str] = (),
    zone_options: Sequence[str] = (),
) -> tuple[str, ...]:
    """nsd for `zones`, a file for each origin; an empty text is a zone without its file."""
    lines = [
        "server:",
        *(f"ip-address: {address}@{port}" for address in addresses),
        *('username: ""', 'chroot: ""', 'pidfile: ""', "server-count: 1", "verbosity: 1"),
        *("rrl-ratelimit: 0", "rrl-whitelist-ratelimit: 0", 'database: ""'),
        *(f'zonesdir: "{folder}"', f'xfrdir: "{folder}"', f'xfrdfile: "{folder}/xfrd.state"'),
        *(f'zonelistfile: "{folder}/zone.list"', *options),
        *("remote-control:", "control-enable: no"),
    ]
    for origin, text in zones.items():
        path = folder / f"{origin.strip('.') or 'root'}.zone"
        if text:
            path.write_text(text)
        lines += ["zone:", f'name: "{origin}"', f'zonefile: "{path}"']
        lines += ["provide-xfr: 0.0.0.0/0 NOKEY", "provide-xfr: ::/0 NOKEY", *zone_options]
    configuration = folder / "nsd.conf"
    configuration.write_text("\n".join((*lines, "")))
    return "nsd", "-d", "-c", str(configuration)


def unbound_command(
    folder: Path,
    addresses: Sequence[str],
    port: int = DNS_PORT,
    stubs: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
) -> tuple[str, ...]:
    """unbound that asks for each zone of `stubs` the server that stands there: 10.0.0.1@53.

    It knows nothing of the world's root; names below `here.` it answers by itself.
    """
    lines = [
        "server:",
        *(f"interface: {address}@{port}" for address in addresses),
        *('username: ""', 'chroot: ""', 'pidfile: ""', f'directory: "{folder}"'),
        *("use-syslog: no", 'logfile: ""', "verbosity: 1", "num-threads: 1"),
        *('module-config: "iterator"', "do-not-query-localhost: no", "do-daemonize: no"),
        *("access-control: 0.0.0.0/0 allow", "access-control: ::/0 allow"),
        *('local-zone: "here." static', 'local-data: "here. A 192.0.2.1"', *options),
        *("remote-control:", "control-enable: no"),
    ]
    for origin, server in (stubs or {}).items():
        lines += ["stub-zone:", f'name: "{origin}"', f"stub-addr: {server}", "stub-prime: no"]
    configuration = folder / "unbound.conf"
    configuration.write_text("\n".join((*lines, "")))
    return "unbound", "-d", "-c", str(configuration)


def named_command(
    folder: Path,
    zones: Mapping[str, str],
    addresses: Sequence[str],
    port: int = DNS_PORT,
    options: Sequence[str] = (),
    zone_options: Sequence[str] = (),
) -> tuple[str, ...]:
    """named, authoritative for `zones`, which anybody may change and transfer."""
    four = " ".join(f"{address};" for address in addresses if ":" not in address)
    six = " ".join(f"{address};" for address in addresses if ":" in address)
    lines = [
        "options {",
        f'directory "{folder}"; pid-file none; session-keyfile none; lock-file none;',
        f"listen-on port {port} {{ {four or 'none;'} }};",
        f"listen-on-v6 port {port} {{ {six or 'none;'} }};",
        "recursion no; dnssec-validation no; notify no; minimal-responses yes;",
        "empty-zones-enable no; minimal-any no; allow-transfer { any; };",
        *options,
        "};",
        "controls { };",
    ]
    for origin, text in zones.items():
        path = folder / f"{origin.strip('.') or 'root'}.zone"
        path.write_text(text)
        lines += [f'zone "{origin}" {{ type primary; file "{path}"; allow-update {{ any; }};']
        lines += [*zone_options, "};"]
    configuration = folder / "named.conf"
    configuration.write_text("\n".join((*lines, "")))
    return "named", "-g", "-n", "1", "-c", str(configuration)


def serve_nsd(
    lab: Lab,
    zones: Mapping[str, str],
    *,
    host: str = "server",
    options: Sequence[str] = (),
    zone_options: Sequence[str] = (),
) -> "subprocess.Popen[str]":
    command = nsd_command(
        lab.folder(), zones, HOSTS[host], options=options, zone_options=zone_options
    )
    return lab.serve(*command, ready=NSD_READY, host=host)


def serve_unbound(
    lab: Lab, stubs: Mapping[str, str] | None = None, *, options: Sequence[str] = ()
) -> "subprocess.Popen[str]":
    command = unbound_command(lab.folder(), HOSTS["server"], stubs=stubs, options=options)
    return lab.serve(*command, ready=UNBOUND_READY)


def serve_named(
    lab: Lab,
    zones: Mapping[str, str],
    *,
    host: str = "server",
    options: Sequence[str] = (),
    zone_options: Sequence[str] = (),
) -> "subprocess.Popen[str]":
    command = named_command(
        lab.folder(), zones, HOSTS[host], options=options, zone_options=zone_options
    )
    return lab.serve(*command, ready=NAMED_READY, host=host)
