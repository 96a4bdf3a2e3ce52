"""Runs `tcpkit trace`, and reads what it prints."""

import json
import re
from pathlib import Path
from typing import NamedTuple

from tests.program import tcpkit_run

PCAPS = Path(__file__).resolve().parent.parent.parent / "pcaps"

_LINE = re.compile(
    r" *(?P<total>\d+)  (?P<clock>\d\d:\d\d:\d\d\.\d{6})  (?P<who>\S+(?: => \S+)?) +"
    r"(?:#(?P<number>\d+) +)?(?P<took>-?\d+\.\d{3} ms|timeout|aborted|silent)  "
    r"(?P<rest>.*)"
)


class Said(NamedTuple):
    """One exchange, as the text says it; `number` is "" over UDP."""

    total: str
    clock: str
    who: str
    number: str
    took: str
    rest: str  # request, reply, notes


def trace_lines(capture: str, mode: str, *options: str) -> list[str]:
    """The lines of a trace that went well."""
    done = tcpkit_run("trace", "-r", PCAPS / capture, "-m", mode, "-q", *options)
    assert done.err == ""
    assert done.status == 0
    return done.out.splitlines()


def exchanges(lines: list[str]) -> list[Said]:
    """What the lines say of exchanges; the others are left out."""
    found = (_LINE.fullmatch(line) for line in lines)
    return [
        Said(**{name: text or "" for name, text in match.groupdict().items()})
        for match in found
        if match is not None
    ]


def events(capture: str, mode: str, *options: str) -> list[dict[str, object]]:
    """The objects of a trace with -j."""
    return [json.loads(line) for line in trace_lines(capture, mode, "-j", *options)]


def replies(capture: str, mode: str, *options: str) -> list[tuple[str, str | None]]:
    """Request and reply of each exchange."""
    return [
        (str(event["request"]), None if event["reply"] is None else str(event["reply"]))
        for event in events(capture, mode, *options)
        if event["event"] == "exchange"
    ]
