"""Errors a user can be told about; each message says what, where and which value."""


class TcpkitError(Exception):
    """Anything tcpkit reports as one line `tcpkit: error: ...`."""

    exit_status = 1


class ConfigError(TcpkitError):
    """A wrong command line: exit status 2."""

    exit_status = 2


class CaptureError(TcpkitError):
    """Packets cannot be had: no permission, no such interface, a damaged file."""


class ScriptError(TcpkitError):
    """A Lua script that cannot be loaded or that has none of the hooks."""

    exit_status = 2


class ProtocolError(TcpkitError):
    """Bytes that are not the protocol; never leaves the session that met them."""
