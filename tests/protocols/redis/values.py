"""RESP values made by hypothesis, as bytes: RESP2, RESP3, streamed types."""

from hypothesis import strategies as st

texts = st.text(st.characters(codec="ascii", exclude_characters="\r\n"), max_size=12).map(
    str.encode
)
blobs = st.one_of(st.binary(max_size=12), st.sampled_from([b"\r\n", b"$3\r\n", b"*1\r\n+a\r\n"]))

plain = st.one_of(
    texts.map(lambda text: b"+" + text + b"\r\n"),
    texts.map(lambda text: b"-ERR" + text + b"\r\n"),
    st.integers(-(2**63), 2**63 - 1).map(lambda number: b":%d\r\n" % number),
    blobs.map(lambda data: b"$%d\r\n%s\r\n" % (len(data), data)),
    st.sampled_from([b"$-1\r\n", b"*-1\r\n", b"_\r\n", b"#t\r\n", b"#f\r\n"]),
    st.sampled_from([b",1.5\r\n", b",inf\r\n", b",-inf\r\n", b",nan\r\n", b",1e-7\r\n"]),
    st.integers().map(lambda number: b"(%d\r\n" % number),
    blobs.map(lambda data: b"!%d\r\n%s\r\n" % (len(data), data)),
    blobs.map(lambda data: b"=%d\r\ntxt:%s\r\n" % (len(data) + 4, data)),
    st.lists(blobs.filter(bool), max_size=3).map(
        lambda chunks: (
            b"$?\r\n"
            + b"".join(b";%d\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
            + b";0\r\n"
        )
    ),
)


def _counted(kind: bytes, values: list[bytes]) -> bytes:
    return b"%s%d\r\n%s" % (kind, len(values), b"".join(values))


def _pairs(kind: bytes, values: list[bytes]) -> bytes:
    even = values[: len(values) // 2 * 2]
    return b"%s%d\r\n%s" % (kind, len(even) // 2, b"".join(even))


def _streamed(kind: bytes, values: list[bytes]) -> bytes:
    if kind == b"%":
        values = values[: len(values) // 2 * 2]
    return b"%s?\r\n%s.\r\n" % (kind, b"".join(values))


def _nested(inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    several = st.lists(inner, max_size=4)
    attribute = st.lists(inner, min_size=2, max_size=2).map(lambda pair: _pairs(b"|", pair))
    return st.one_of(
        st.builds(_counted, st.sampled_from([b"*", b"~"]), several),
        several.map(lambda values: _pairs(b"%", values)),
        st.builds(_streamed, st.sampled_from([b"*", b"~", b"%"]), several),
        st.builds(lambda before, value: before + value, attribute, inner),
    )


values = st.recursive(plain, _nested, max_leaves=10)
messages = st.one_of(
    values, st.lists(values, min_size=1, max_size=3).map(lambda each: _counted(b">", each))
)
