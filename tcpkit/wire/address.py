"""Addresses as text, from the integers of the packet's path."""

from typing import Final

from mypy_extensions import i64

_MASK_32: Final = 0xFFFFFFFF
_MASK_64: Final = 0xFFFFFFFFFFFFFFFF


def ipv4_text(address: i64) -> str:
    """
    >>> ipv4_text(0x0A000001)
    '10.0.0.1'
    """
    return f"{(address >> 24) & 255}.{(address >> 16) & 255}.{(address >> 8) & 255}.{address & 255}"


def ipv6_text(high: i64, low: i64) -> str:
    """
    >>> ipv6_text(0x2001_0DB8_0000_0000, 1)
    '2001:db8::1'
    """
    import socket  # takes 4 ms, and IPv4 does without

    packed = ((int(high) & _MASK_64) << 64) | (int(low) & _MASK_64)
    return socket.inet_ntop(socket.AF_INET6, packed.to_bytes(16, "big"))


def endpoint_text(address: str, port: i64) -> str:
    """
    >>> endpoint_text("10.0.0.1", 53), endpoint_text("::1", 53)
    ('10.0.0.1:53', '[::1]:53')
    """
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
