"""Every number that a user can see has its line in docs/stats.md."""

import ast
import re
from pathlib import Path

import tcpkit
from tcpkit.flow.counts import FlowCounts
from tcpkit.flow.health import Health
from tcpkit.flow.side import Side
from tcpkit.metrics.top_tables import TopTables
from tcpkit.protocols.message import PairingCounts
from tcpkit.script.counts import ScriptCounts
from tcpkit.sinks.summary import pairing_numbers
from tcpkit.wire.counts import WireCounts

PACKAGE = Path(tcpkit.__file__).parent
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "stats.md"
# Who takes a reason for what is not paired, and which of its arguments that is.
TAKES_REASON = {
    "drop": 0,
    "contradicted": 0,
    "drop_waiting": 0,
    "_drop_trial": 0,
    "_drop_all": 0,
    "give_up": 0,
}


def words() -> set[str]:
    """What stands in the first column of the document's tables, comma by comma."""
    rows = re.findall(r"^\| ([^|]+) \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    found: set[str] = set()
    for row in rows:
        cell = row.rpartition(":")[2]
        parts = [part.strip() for part in cell.split(",")]
        found.update([cell.strip(), *parts])
        # `fragments repeated, cut` stands for `fragments repeated` and `fragments cut`
        head = parts[0].split(" ")[0]
        found.update(f"{head} {part}" for part in parts[1:])
    return found


def reasons() -> set[str]:
    """The literals that the protocols give as a reason."""
    found: set[str] = set()
    for source in (PACKAGE / "protocols").rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            at = TAKES_REASON.get(node.func.attr)
            if at is None or len(node.args) <= at:
                continue
            argument = node.args[at]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                found.add(argument.value)
    return found


def test_every_counter_of_the_rooms_is_explained() -> None:
    names = {
        *WireCounts().numbers(),
        *FlowCounts().numbers(),
        *ScriptCounts().numbers(),
        *pairing_numbers(PairingCounts()),
        *Health().numbers(),
        *Side().numbers(0),
        *TopTables().counts(),
    }
    assert sorted(names - words()) == []


def test_every_reason_for_not_pairing_is_explained() -> None:
    assert "reply without request" in reasons()
    assert sorted(reasons() - words()) == []
