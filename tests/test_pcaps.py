"""The shipped captures are small, and each has its maker and its line in pcaps/README.md."""

import gzip

import pytest

from pcaps.convert import read, variants
from tcpkit.protocols.registry import modes
from tests.goldens import PCAPS, captures, scripted

LARGEST = 200_000
ALTOGETHER = 4_000_000


def unpacked(files: dict[str, bytes]) -> dict[str, bytes]:
    """Compressors differ from one version to the next; what they hold does not."""
    return {
        name: gzip.decompress(content) if name.endswith(".gz") else content
        for name, content in files.items()
    }


def test_captures_are_small() -> None:
    sizes = {str(capture): (PCAPS / capture).stat().st_size for capture in captures()}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}
    assert sum(sizes.values()) <= ALTOGETHER


@pytest.mark.parametrize("protocol", [*modes()[1:], *scripted(), "tcp"])
def test_every_capture_of_a_protocol_has_its_maker(protocol: str) -> None:
    made = {path.stem.replace("_", "-") for path in (PCAPS / protocol).glob("*.py")}
    assert made
    assert made == {path.stem for path in (PCAPS / protocol).glob("*.pcap")}


def test_link_captures_are_what_the_conversion_makes() -> None:
    frames = read(PCAPS / "link" / "ethernet.pcap")
    shipped = {path.name: path.read_bytes() for path in (PCAPS / "link").glob("*.pcap*")}
    assert unpacked(shipped) == unpacked(variants(frames))


def test_every_capture_is_described() -> None:
    described = (PCAPS / "README.md").read_text()
    sections = dict(section.split("\n", 1) for section in described.split("\n## ")[1:])
    assert [
        str(each) for each in captures() if f"`{each.name}`" not in sections[each.parts[0]]
    ] == []
