"""Which commands an error can answer, by its text.

The texts are those of version 1.6.18; one that is not known here may answer any command
that can fail.
"""

from typing import Final

from mypy_extensions import i64

from tcpkit.protocols.memcached.text_words import (
    CAS,
    COUNTER,
    META_COUNTER,
    META_DELETE,
    META_GET,
    META_NOOP,
    META_SET,
    RETRIEVAL,
    SETTING,
    STORAGE,
    TOUCH,
    UNKNOWN,
    VERSION,
)

UNAUTHENTICATED: Final = b"CLIENT_ERROR unauthenticated"

_STORING: Final = frozenset([STORAGE, CAS, META_SET])
_COUNTING: Final = frozenset([COUNTER, META_COUNTER])
_META: Final = frozenset([META_GET, META_SET, META_DELETE, META_COUNTER])
_WITH_TIME: Final = frozenset([RETRIEVAL, TOUCH, SETTING])
_NEVER_FAIL: Final = frozenset([META_NOOP, VERSION])

_ANSWERED: Final = {
    b"CLIENT_ERROR bad data chunk": _STORING,
    b"CLIENT_ERROR cannot increment or decrement non-numeric value": _COUNTING,
    b"CLIENT_ERROR invalid numeric delta argument": frozenset([COUNTER]),
    b"CLIENT_ERROR invalid exptime argument": _WITH_TIME,
    b"CLIENT_ERROR duplicate flag": _META,
    b"CLIENT_ERROR invalid flag": _META,
    b"CLIENT_ERROR invalid or duplicate flag": _META,
    b"CLIENT_ERROR error decoding key": _META,
    b"CLIENT_ERROR opaque token too long": _META,
    b"SERVER_ERROR object too large for cache": _STORING,
    b"SERVER_ERROR out of memory storing object": _STORING,
    b"SERVER_ERROR out of memory writing get response": frozenset([RETRIEVAL]),
}


def may_fail(form: i64, error: bytes) -> bool:
    """Whether the line `error` can answer a command of this form.

    >>> may_fail(STORAGE, b"CLIENT_ERROR bad data chunk"), may_fail(META_NOOP, b"ERROR")
    (True, False)
    """
    if form == UNKNOWN or error == UNAUTHENTICATED:
        return True
    forms = _ANSWERED.get(error)
    return form not in _NEVER_FAIL if forms is None else form in forms
