"""Which names a browser may have called this server by.

A page from elsewhere can have its own name point to 127.0.0.1 and then read what it likes
from a server there (DNS rebinding). So on the loopback only names of the loopback are served. On
another address anybody who gets there may read, by whatever name.
"""

import ipaddress
from typing import Final

_LOCAL: Final = "localhost"


def is_loopback(host: str) -> bool:
    """
    >>> [is_loopback(host) for host in ("127.0.0.1", "127.3.2.1", "::1", "0.0.0.0", "a.b")]
    [True, True, True, False, False]
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_local_name(host: str) -> bool:
    """Whether a Host header names the loopback, whatever its port.

    >>> [is_local_name(host) for host in ("LOCALHOST:9100", "[::1]:9100", "127.0.0.1")]
    [True, True, True]
    >>> [is_local_name(host) for host in ("", "evil.example", "127.0.0.1.evil.example", "[::2]")]
    [False, False, False, False]
    """
    if host.startswith("["):
        return is_loopback(host[1:].partition("]")[0])
    name = host.partition(":")[0].lower().rstrip(".")
    return name == _LOCAL or name.endswith(f".{_LOCAL}") or is_loopback(name)
