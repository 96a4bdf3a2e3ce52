"""Reads a reply of Redis back from its line: the value that the text stands for."""

import re

_BARE = re.compile(r"[^,\]}]+?(?=, |: |\]|\}|$)")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r'\\(x[0-9a-f]{2}|["\\])')
_FIXED: dict[str, object] = {"(nil)": None, "(true)": True, "(false)": False}


class Failed(str):
    """The text of an error."""


def value_of(text: str) -> object:
    """An int, a float, bytes, None, a bool, a list (of a set, too), a dict, or Failed."""
    for prefix, kind in (("(integer) ", int), ("(double) ", float), ("(big number) ", int)):
        if text.startswith(prefix):
            return kind(text.removeprefix(prefix))
    if text.startswith("(error) "):
        return Failed(text.removeprefix("(error) "))
    if text[:1] not in '"[{(':
        return text.encode()
    value, rest = _value(text)
    assert rest == "", text
    return value


def _value(text: str) -> tuple[object, str]:
    """The value that `text` begins with, and what is behind it."""
    quoted = _QUOTED.match(text)
    if quoted:
        return _unescaped(quoted.group(1)), text[quoted.end() :]
    if text[0] == "[":
        return _several(text[1:], "]")
    if text[0] == "{":
        return _several(text[1:], "}")
    for name, value in _FIXED.items():
        if text.startswith(name):
            return value, text[len(name) :]
    bare = _BARE.match(text)
    assert bare, text
    return _bare(bare.group()), text[bare.end() :]


def _bare(text: str) -> object:
    if text.startswith("(error) "):
        return Failed(text.removeprefix("(error) "))
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text.encode()


def _several(text: str, bracket: str) -> tuple[object, str]:
    values: list[object] = []
    pairs: list[tuple[object, object]] = []
    while not text.startswith(bracket):
        value, text = _value(text.removeprefix(", "))
        if text.startswith(": "):
            named, text = _value(text[2:])
            pairs.append((value, named))
        else:
            values.append(value)
    assert not (values and pairs), text
    is_map = bracket == "}" and not values
    return (dict(pairs) if is_map else values), text[1:]


def _unescaped(text: str) -> bytes:
    def plain(match: re.Match[str]) -> str:
        found = match.group(1)
        return chr(int(found[1:], 16)) if found.startswith("x") else found

    return _ESCAPE.sub(plain, text).encode("latin-1")
