"""Patterns of keys, with the rules of Redis' KEYS (util.c, stringmatchlen)."""

import re


def matcher(pattern: str, any_case: bool) -> re.Pattern[str]:
    r"""Use `fullmatch` on it; `any_case`: `A` and `a` are the same.

    `*` any characters, `?` one, `[ae]`, `[^e]` and `[a-c]` one of a set, a backslash takes
    the meaning from what follows.

    >>> bool(matcher("h[^e]llo*", False).fullmatch("hallo:1"))
    True
    """
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            parts.append(".*")
        elif char == "?":
            parts.append(".")
        elif char == "[":
            text, at = _one_of(pattern, at)
            parts.append(text)
        elif char == "\\" and at < len(pattern):
            parts.append(re.escape(pattern[at]))
            at += 1
        else:
            parts.append(re.escape(char))
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if any_case else 0))


def _one_of(pattern: str, at: int) -> tuple[str, int]:
    """The set that begins behind a bracket at `at`; it ends with the pattern, at the latest."""
    negated = pattern.startswith("^", at)
    at += 1 if negated else 0
    choices: list[str] = []
    while at < len(pattern) and pattern[at] != "]":
        if pattern[at] == "\\" and at + 1 < len(pattern):
            choices.append(re.escape(pattern[at + 1]))
            at += 2
        elif at + 2 < len(pattern) and pattern[at + 1] == "-":
            low, high = sorted((pattern[at], pattern[at + 2]))
            choices.append(f"{re.escape(low)}-{re.escape(high)}")
            at += 3
        else:
            choices.append(re.escape(pattern[at]))
            at += 1
    if not choices:
        return ("." if negated else "(?!)"), at + 1
    return f"[{'^' if negated else ''}{''.join(choices)}]", at + 1
