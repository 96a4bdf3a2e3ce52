"""Scripts in the manner of those for the C original run unchanged in every Lua."""

import pytest

from tests.scripts.lua import LUAS, PCAPS, ROOT, script_lines
from tests.scripts.reading import Row, rows, when

HERE = ROOT / "tests" / "scripts"
CAPTURE = PCAPS / "redis" / "errors.pcap"
SERVER = "10.0.0.2:6379"


def hashed(payload: bytes) -> int:
    value = 0
    for byte in payload:
        value = ((value << 5) ^ byte) & 0xFFFFFFFF
    return value


def costs(packets: list[Row]) -> list[str]:
    lines = []
    last: dict[str, Row] = {}
    for row in packets:
        if not row.payload:
            continue
        if row.destination == SERVER:
            last[row.source] = row
            continue
        request = last.pop(row.destination, None)
        if request is None or row.payload[:1] == b"-":
            continue
        seconds, ns = divmod(row.ts_ns, 10**9)
        lines.append(
            f"{seconds}.{ns // 1000:06d} {row.destination} => {SERVER}"
            f" cost {row.ts_ns // 1000 - request.ts_ns // 1000} us,"
            f" hash {hashed(request.payload):08x}, type {row.payload[0] >> 4}"
        )
    return lines


@pytest.mark.parametrize("lua", LUAS)
def test_latencies_worked_out_by_the_script(lua: str) -> None:
    expected = costs(rows(CAPTURE))
    assert expected
    assert script_lines(HERE / "requests2018.lua", CAPTURE, "-p", "6379", lua=lua) == expected


@pytest.mark.parametrize("lua", LUAS)
def test_packets_with_their_payload(lua: str) -> None:
    def shown(payload: bytes) -> str:
        return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in payload)

    expected = [
        f"{when(row.ts_ns)} {row.source}=>{row.destination}"
        f" {str(row.destination == SERVER).lower()} {len(row.payload)} {shown(row.payload)}"
        for row in rows(CAPTURE)
        if row.payload
    ]
    assert script_lines(HERE / "packets2018.lua", CAPTURE, "-p", "6379", lua=lua) == expected
