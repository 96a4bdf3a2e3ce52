"""The numbers of DNS in words: types, classes, opcodes, RCODEs (IANA's registries, RFC 6895)."""

from typing import Final

from mypy_extensions import i64

QUERY: Final = 0  # opcodes
NOTIFY: Final = 4
UPDATE: Final = 5
DSO: Final = 6

SOA: Final = 6  # types
OPT: Final = 41
IXFR: Final = 251
AXFR: Final = 252

IN: Final = 1  # class

_TYPES: Final = {
    1: "A", 2: "NS", 3: "MD", 4: "MF", 5: "CNAME", 6: "SOA", 7: "MB", 8: "MG", 9: "MR",
    10: "NULL", 11: "WKS", 12: "PTR", 13: "HINFO", 14: "MINFO", 15: "MX", 16: "TXT", 17: "RP",
    18: "AFSDB", 19: "X25", 20: "ISDN", 21: "RT", 22: "NSAP", 23: "NSAP-PTR", 24: "SIG",
    25: "KEY", 26: "PX", 27: "GPOS", 28: "AAAA", 29: "LOC", 30: "NXT", 31: "EID", 32: "NIMLOC",
    33: "SRV", 34: "ATMA", 35: "NAPTR", 36: "KX", 37: "CERT", 38: "A6", 39: "DNAME", 40: "SINK",
    41: "OPT", 42: "APL", 43: "DS", 44: "SSHFP", 45: "IPSECKEY", 46: "RRSIG", 47: "NSEC",
    48: "DNSKEY", 49: "DHCID", 50: "NSEC3", 51: "NSEC3PARAM", 52: "TLSA", 53: "SMIMEA", 55: "HIP",
    56: "NINFO", 57: "RKEY", 58: "TALINK", 59: "CDS", 60: "CDNSKEY", 61: "OPENPGPKEY",
    62: "CSYNC", 63: "ZONEMD", 64: "SVCB", 65: "HTTPS", 66: "DSYNC", 67: "HHIT", 68: "BRID",
    99: "SPF", 100: "UINFO", 101: "UID", 102: "GID", 103: "UNSPEC", 104: "NID", 105: "L32",
    106: "L64", 107: "LP", 108: "EUI48", 109: "EUI64", 128: "NXNAME", 249: "TKEY", 250: "TSIG",
    251: "IXFR", 252: "AXFR", 253: "MAILB", 254: "MAILA", 255: "ANY", 256: "URI", 257: "CAA",
    258: "AVC", 259: "DOA", 260: "AMTRELAY", 261: "RESINFO", 262: "WALLET", 263: "CLA",
    264: "IPN", 32768: "TA", 32769: "DLV",
}  # fmt: skip
_OPCODES: Final = {0: "QUERY", 1: "IQUERY", 2: "STATUS", 4: "NOTIFY", 5: "UPDATE", 6: "DSO"}
LISTED: Final = frozenset([*_TYPES.values(), *_OPCODES.values()])  # what is asked, and has a name
_CLASSES: Final = {1: "IN", 3: "CH", 4: "HS", 254: "NONE", 255: "ANY"}
_RCODES: Final = {
    0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED",
    6: "YXDOMAIN", 7: "YXRRSET", 8: "NXRRSET", 9: "NOTAUTH", 10: "NOTZONE", 11: "DSOTYPENI",
    16: "BADVERS", 17: "BADKEY", 18: "BADTIME", 19: "BADMODE", 20: "BADNAME", 21: "BADALG",
    22: "BADTRUNC", 23: "BADCOOKIE",
}  # fmt: skip
_COMMON: Final = 512  # the types below are looked up without a hash
_COMMON_TYPES: Final[list[str]] = [_TYPES.get(n, f"TYPE{n}") for n in range(_COMMON)]
_COMMON_RCODES: Final[list[str]] = [_RCODES.get(n, f"RCODE{n}") for n in range(32)]

# What the server says of the names in its zones; the others say that it did not look.
_IS_ANSWER: Final[list[bool]] = [n in (0, 3, 6, 7, 8) for n in range(32)]


def type_name(number: i64) -> str:
    """
    >>> type_name(1), type_name(255), type_name(65535)
    ('A', 'ANY', 'TYPE65535')
    """
    if 0 <= number < _COMMON:
        return _COMMON_TYPES[number]
    return _TYPES.get(number, f"TYPE{number}")


def class_name(number: i64) -> str:
    """
    >>> class_name(3), class_name(77)
    ('CH', 'CLASS77')
    """
    return _CLASSES.get(number, f"CLASS{number}")


def opcode_name(number: i64) -> str:
    """
    >>> opcode_name(5), opcode_name(15)
    ('UPDATE', 'OPCODE15')
    """
    return _OPCODES.get(number, f"OPCODE{number}")


def rcode_name(number: i64) -> str:
    """
    >>> rcode_name(3), rcode_name(23), rcode_name(4000)
    ('NXDOMAIN', 'BADCOOKIE', 'RCODE4000')
    """
    return _COMMON_RCODES[number] if 0 <= number < 32 else f"RCODE{number}"


def is_answer(rcode: i64) -> bool:
    """Whether the server answered; not one that failed, refused or did not understand.

    YXDOMAIN, YXRRSET and NXRRSET tell an UPDATE what the zone holds: answers like NXDOMAIN.
    """
    return 0 <= rcode < 32 and _IS_ANSWER[rcode]
