"""What limits the numbers of a page: said beside the verdict, not in small print."""

from typing import Final

from tcpkit.page.shape import Model
from tcpkit.page.words import counted, share

FEW: Final = 100
TOO_FEW_FOR_P999: Final = 1_000


def doubts(model: Model, was_slow: bool) -> list[str]:
    """Sentences; `was_slow` tells whether any request counts as slow."""
    found = [
        _dropped(model),
        _gaps(model),
        _unpaired(model),
        _inferred(model),
        _few(model),
        _not_read(model),
        _cut(model),
        _still_waiting(model),
    ]
    if was_slow:
        found.append(
            "A client that waits for a reply asks nothing meanwhile, so the share of slow requests "
            "is less than the share of time in which it was slow (coordinated omission)."
        )
    return [text for text in found if text]


def _dropped(model: Model) -> str:
    lost = sum((model["accuracy"]["dropped"] or {}).values())
    if not lost:
        return ""
    return f"The capture dropped {counted(lost, 'packet')}: counts are a lower bound."


def _gaps(model: Model) -> str:
    gaps = _counter(model, "flow", "gaps")
    if not gaps:
        return ""
    place = counted(gaps, "place")
    return f"Bytes are missing from the capture in {place}: counts are a lower bound."


def _unpaired(model: Model) -> str:
    unpaired = sum(model["accuracy"]["unpaired"].values())
    if not unpaired:
        return ""
    what = "1 request or reply" if unpaired == 1 else f"{unpaired:,} requests and replies"
    return f"{what} could not be paired for certain and are in no number."


def _inferred(model: Model) -> str:
    inferred = model["accuracy"]["inferred"]
    if not inferred:
        return ""
    of = share(inferred, inferred + model["accuracy"]["exact"])
    return f"{of} of the pairs are inferred, very likely but not proven."


def _few(model: Model) -> str:
    requests = model["total"]["requests"]
    if not requests or requests >= TOO_FEW_FOR_P999:
        return ""
    which = "p99 and p99.9 are" if requests < FEW else "p99.9 is"
    return f"Only {counted(requests, 'request')}: {which} no more than the longest."


def _not_read(model: Model) -> str:
    accuracy: dict[str, object] = {**model["accuracy"]}
    texts: list[str] = []
    for name, text in (("encrypted", "encrypted"), ("not the protocol", "not the protocol")):
        number = accuracy.get(name)
        if isinstance(number, int) and number:
            texts.append(f"{counted(number, 'connection')} {text}")
    return f"Not read: {', '.join(texts)}." if texts else ""


def _cut(model: Model) -> str:
    cut = _counter(model, "wire", "cut payloads")
    if not cut:
        return ""
    return f"The snap length cut {counted(cut, 'packet')}: what was cut off could not be read."


def _still_waiting(model: Model) -> str:
    waiting = model["accuracy"]["unanswered"]
    if not waiting:
        return ""
    return f"{counted(waiting, 'request')} still waited at the end and are in no number."


def _counter(model: Model, room: str, name: str) -> int:
    return sum(numbers.get(name, 0) for its, numbers in model["counters"] if its == room)
