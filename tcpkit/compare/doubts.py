"""What speaks against a comparison: captures that are cut, lossy, empty, or unlike each other."""

from typing import Final

from tcpkit.compare.changes import MIN_SLICES
from tcpkit.compare.side import Side

MUCH: Final = 0.01  # of the requests: a share that differs by so much is told
_FACTOR: Final = 4  # spans that differ by more are told


def doubts_of(a: Side, b: Side) -> list[str]:
    """One line each; none where both captures are whole and alike."""
    doubts: list[str] = []
    for side in (a, b):
        doubts += _alone(side)
    if a.requests and b.requests:
        doubts += _together(a, b)
    return doubts


def _alone(side: Side) -> list[str]:
    found: list[str] = []
    label, pairing = side.label, side.pairing
    if side.problem:
        found.append(f"{label} was not read to its end: {side.problem}")
    if not side.requests:
        found.append(f"{label} has no request that could be read")
    if pairing.not_protocol:
        found.append(
            f"{label}: connections that do not speak the protocol: {pairing.not_protocol:,}"
        )
    if pairing.encrypted:
        found.append(f"{label}: encrypted connections: {pairing.encrypted:,}")
    if side.unpaired:
        found.append(
            f"{label}: requests or replies that could not be paired: {side.unpaired:,}; they are in"
            " no number here, and their keys and errors are not known"
        )
    if side.gaps:
        found.append(f"{label}: the capture lost packets: {side.gaps:,} gaps")
    if side.requests and side.slices < MIN_SLICES:
        found.append(f"{label} is too short for intervals: {side.slices} slices of time")
    early = int(side.recorder.sliced.early)
    if early * MIN_SLICES > side.requests:
        found.append(
            f"{label}: {early:,} requests come before its first one: its clock was set back"
        )
    if side.recorder.sliced.others:
        found.append(f"{label}: {side.recorder.sliced.others:,} requests are counted as other")
    return found


def _together(a: Side, b: Side) -> list[str]:
    found: list[str] = []
    shares = [
        ("exact pairs", _exact(a), _exact(b)),
        ("what could not be paired", _unpaired(a), _unpaired(b)),
    ]
    for what, share_a, share_b in shares:
        if abs(share_a - share_b) > MUCH:
            found.append(
                f"the captures are not alike: {what} {share_a:.1%} in A, {share_b:.1%} in B;"
                " a difference may come from that"
            )
    longer, shorter = max(a.span_ns, b.span_ns), min(a.span_ns, b.span_ns)
    if longer > _FACTOR * shorter:
        found.append("one capture is more than four times as long as the other one")
    return found


def _exact(side: Side) -> float:
    exact, inferred = int(side.pairing.exact), int(side.pairing.inferred)
    return exact / (exact + inferred) if exact + inferred else 1.0


def _unpaired(side: Side) -> float:
    return side.unpaired / (side.requests + side.unpaired)
