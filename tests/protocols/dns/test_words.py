"""The names of numbers, against those that dnspython has."""

import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import pytest

from tcpkit.protocols.dns.words import class_name, is_answer, opcode_name, rcode_name, type_name

# IANA's registry has changed since, or dnspython has its own name.
NEWER_TYPES = {38: "A6", 66: "DSYNC", 67: "HHIT", 68: "BRID", 128: "NXNAME", 264: "IPN"}
# RCODE 16 is BADSIG in a TSIG record, and BADVERS in a message.
OWN_RCODES = {11: "DSOTYPENI", 16: "BADVERS"}


def test_types_are_called_as_in_dnspython() -> None:
    for number in dns.rdatatype.RdataType:
        if number.name in ("TYPE0", "NONE") or number.value in NEWER_TYPES:
            continue
        assert type_name(number.value) == dns.rdatatype.to_text(number), number.value


@pytest.mark.parametrize(("number", "text"), NEWER_TYPES.items())
def test_newer_types_have_the_registrys_name(number: int, text: str) -> None:
    assert type_name(number) == text


@pytest.mark.parametrize("number", [0, 54, 300, 511, 512, 4000, 65280, 65535])
def test_types_without_a_name_are_numbers(number: int) -> None:
    assert type_name(number) == f"TYPE{number}"


def test_types_far_up_have_names() -> None:
    assert [type_name(number) for number in (32768, 32769)] == ["TA", "DLV"]


def test_opcodes_are_called_as_in_dnspython() -> None:
    for number in dns.opcode.Opcode:
        assert opcode_name(number.value) == number.name
    assert [opcode_name(number) for number in (6, 3)] == ["DSO", "OPCODE3"]


def test_rcodes_are_called_as_in_dnspython() -> None:
    for number in dns.rcode.Rcode:
        assert rcode_name(number.value) == OWN_RCODES.get(number.value, number.name)


def test_rcodes_without_a_name_are_numbers() -> None:
    assert [rcode_name(number) for number in (12, 24, 31, 32, 4095)] == [
        "RCODE12", "RCODE24", "RCODE31", "RCODE32", "RCODE4095",
    ]  # fmt: skip


def test_classes_are_called_as_in_dnspython() -> None:
    for number in dns.rdataclass.RdataClass:
        if number.value not in (0,):
            assert class_name(number.value) == dns.rdataclass.to_text(number)
    assert class_name(0x8001) == "CLASS32769"


def test_answers_are_those_that_tell_of_names() -> None:
    answers = [rcode_name(number) for number in range(4096) if is_answer(number)]
    assert answers == ["NOERROR", "NXDOMAIN", "YXDOMAIN", "YXRRSET", "NXRRSET"]
