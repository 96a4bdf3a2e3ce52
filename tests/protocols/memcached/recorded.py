"""What memcached 1.6.18 answers to each opcode: bytes that went over a wire.

Items of "key" were set to `value`, then joined to `!value!!`; "n" is a counter. Each
request has the opaque 0xdeadbeef.
"""

from typing import NamedTuple


class Recorded(NamedTuple):
    """A request, the server's reply, and what the log says of them."""

    request: bytes
    reply: bytes
    command: str
    line: str
    status: str
    code: str
    hits: int


def _recorded(
    request: str, reply: str, line: str, status: str, code: str, hits: int = -1
) -> Recorded:
    command = line.partition(" ")[0]
    return Recorded(bytes.fromhex(request), bytes.fromhex(reply), command, line, status, code, hits)


NOT_FOUND = "4e6f7420666f756e64"
EXISTS = "446174612065786973747320666f72206b65792e"
NOT_STORED = "4e6f742073746f7265642e"
UNKNOWN = "556e6b6e6f776e20636f6d6d616e64"
EINVAL = "496e76616c696420617267756d656e7473"
NON_NUMERIC = (
    "4e6f6e2d6e756d65726963207365727665722d736964652076616c756520666f7220696e6372206f722064656372"
)

RECORDED = [
    _recorded(
        "800100030800000000000010deadbeef000000000000000000000007000000006b657976616c7565",
        "810100000000000000000000deadbeef0000000000000203",
        "set key 7 0 5",
        "ok",
        "OK",
    ),
    _recorded(
        "80020003080000000000000cdeadbeef000000000000000000000007000000006b657976",
        "810200000000000200000014deadbeef0000000000000000" + EXISTS,
        "add key 7 0 1",
        "ok",
        "EXISTS",
    ),
    _recorded(
        "80020004080000000000000ddeadbeef000000000000000000000007000000006b65793276",
        "810200000000000000000000deadbeef0000000000000204",
        "add key2 7 0 1",
        "ok",
        "OK",
    ),
    _recorded(
        "80030004080000000000000ddeadbeef000000000000000000000007000000006e6f6e6576",
        "810300000000000100000009deadbeef0000000000000000" + NOT_FOUND,
        "replace none 7 0 1",
        "ok",
        "NOT_FOUND",
    ),
    _recorded(
        "80010003080000000000000cdeadbeef100000000000000000000007000000006b657976",
        "810100000000000200000014deadbeef0000000000000000" + EXISTS,
        "set key 7 0 1",
        "ok",
        "EXISTS",
    ),
    _recorded(
        "800000030000000000000003deadbeef00000000000000006b6579",
        "810000000400000000000009deadbeef00000000000002030000000776616c7565",
        "get key",
        "ok",
        "OK",
        1,
    ),
    _recorded(
        "800000040000000000000004deadbeef00000000000000006e6f6e65",
        "810000000000000100000009deadbeef0000000000000000" + NOT_FOUND,
        "get none",
        "ok",
        "NOT_FOUND",
        0,
    ),
    _recorded(
        "800900030000000000000003deadbeef00000000000000006b6579",
        "810900000400000000000009deadbeef00000000000002030000000776616c7565",
        "get key",
        "ok",
        "OK",
        1,
    ),
    _recorded(
        "800c00030000000000000003deadbeef00000000000000006b6579",
        "810c0003040000000000000cdeadbeef0000000000000203000000076b657976616c7565",
        "get key",
        "ok",
        "OK",
        1,
    ),
    _recorded(
        "800c00040000000000000004deadbeef00000000000000006e6f6e65",
        "810c00040000000100000004deadbeef00000000000000006e6f6e65",
        "get none",
        "ok",
        "NOT_FOUND",
        0,
    ),
    _recorded(
        "800d00030000000000000003deadbeef00000000000000006b6579",
        "810d0003040000000000000cdeadbeef0000000000000203000000076b657976616c7565",
        "get key",
        "ok",
        "OK",
        1,
    ),
    _recorded(
        "800500011400000000000015deadbeef00000000000000000000000000000005000000000000000a000000006e",
        "810500000000000000000008deadbeef0000000000000205000000000000000a",
        "incr n 5",
        "ok",
        "OK",
    ),
    _recorded(
        "800500011400000000000015deadbeef00000000000000000000000000000005000000000000000a000000006e",
        "810500000000000000000008deadbeef0000000000000206000000000000000f",
        "incr n 5",
        "ok",
        "OK",
    ),
    _recorded(
        "800600011400000000000015deadbeef00000000000000000000000000000005000000000000000a000000006e",
        "810600000000000000000008deadbeef0000000000000207000000000000000a",
        "decr n 5",
        "ok",
        "OK",
    ),
    _recorded(
        "800500041400000000000018deadbeef00000000000000000000000000000005000000000000000affffffff6e6f6e65",
        "810500000000000100000009deadbeef0000000000000000" + NOT_FOUND,
        "incr none 5",
        "ok",
        "NOT_FOUND",
    ),
    _recorded(
        "800500031400000000000017deadbeef00000000000000000000000000000005000000000000000a000000006b6579",
        "81050000000000060000002edeadbeef0000000000000000" + NON_NUMERIC,
        "incr key 5",
        "error",
        "NON_NUMERIC",
    ),
    _recorded(
        "800e00030000000000000005deadbeef00000000000000006b65792121",
        "810e00000000000000000000deadbeef0000000000000208",
        "append key 0 0 2",
        "ok",
        "OK",
    ),
    _recorded(
        "800f00030000000000000004deadbeef00000000000000006b657921",
        "810f00000000000000000000deadbeef0000000000000209",
        "prepend key 0 0 1",
        "ok",
        "OK",
    ),
    _recorded(
        "800e00040000000000000005deadbeef00000000000000006e6f6e6521",
        "810e0000000000050000000bdeadbeef0000000000000000" + NOT_STORED,
        "append none 0 0 1",
        "ok",
        "NOT_STORED",
    ),
    _recorded(
        "801c00030400000000000007deadbeef00000000000000000000003c6b6579",
        "811c00000400000000000004deadbeef000000000000020900000007",
        "touch key 60",
        "ok",
        "OK",
    ),
    _recorded(
        "801c00040400000000000008deadbeef00000000000000000000003c6e6f6e65",
        "811c00000000000100000009deadbeef0000000000000000" + NOT_FOUND,
        "touch none 60",
        "ok",
        "NOT_FOUND",
    ),
    _recorded(
        "801d00030400000000000007deadbeef00000000000000000000003c6b6579",
        "811d0000040000000000000cdeadbeef0000000000000209000000072176616c75652121",
        "gat 60 key",
        "ok",
        "OK",
        1,
    ),
    _recorded(
        "801d00040400000000000008deadbeef00000000000000000000003c6e6f6e65",
        "811d00000000000100000009deadbeef0000000000000000" + NOT_FOUND,
        "gat 60 none",
        "ok",
        "NOT_FOUND",
        0,
    ),
    _recorded(
        "801e00030400000000000007deadbeef00000000000000000000003c6b6579",
        "811e0000040000000000000cdeadbeef0000000000000209000000072176616c75652121",
        "gat 60 key",
        "ok",
        "OK",
        1,
    ),
    _recorded(
        "802300030400000000000007deadbeef00000000000000000000003c6b6579",
        "81230003040000000000000fdeadbeef0000000000000209000000076b65792176616c75652121",
        "gat 60 key",
        "ok",
        "OK",
        1,
    ),
    _recorded(
        "802400030400000000000007deadbeef00000000000000000000003c6b6579",
        "81240003040000000000000fdeadbeef0000000000000209000000076b65792176616c75652121",
        "gat 60 key",
        "ok",
        "OK",
        1,
    ),
    _recorded(
        "800400040000000000000004deadbeef00000000000000006b657932",
        "810400000000000000000000deadbeef0000000000000000",
        "delete key2",
        "ok",
        "OK",
    ),
    _recorded(
        "800400040000000000000004deadbeef00000000000000006e6f6e65",
        "810400000000000100000009deadbeef0000000000000000" + NOT_FOUND,
        "delete none",
        "ok",
        "NOT_FOUND",
    ),
    _recorded(
        "801400040000000000000004deadbeef00000000000000006e6f6e65",
        "811400000000000100000009deadbeef0000000000000000" + NOT_FOUND,
        "delete none",
        "ok",
        "NOT_FOUND",
    ),
    _recorded(
        "80120003080000000000000cdeadbeef000000000000000000000007000000006b657976",
        "811200000000000200000014deadbeef0000000000000000" + EXISTS,
        "add key 7 0 1",
        "ok",
        "EXISTS",
    ),
    _recorded(
        "80130004080000000000000ddeadbeef000000000000000000000007000000006e6f6e6576",
        "811300000000000100000009deadbeef0000000000000000" + NOT_FOUND,
        "replace none 7 0 1",
        "ok",
        "NOT_FOUND",
    ),
    _recorded(
        "80110003080000000000000cdeadbeef100000000000000000000007000000006b657976",
        "811100000000000200000014deadbeef0000000000000000" + EXISTS,
        "set key 7 0 1",
        "ok",
        "EXISTS",
    ),
    _recorded(
        "801500031400000000000017deadbeef00000000000000000000000000000005000000000000000a000000006b6579",
        "81150000000000060000002edeadbeef0000000000000000" + NON_NUMERIC,
        "incr key 5",
        "error",
        "NON_NUMERIC",
    ),
    _recorded(
        "801600041400000000000018deadbeef00000000000000000000000000000005000000000000000affffffff6e6f6e65",
        "811600000000000100000009deadbeef0000000000000000" + NOT_FOUND,
        "decr none 5",
        "ok",
        "NOT_FOUND",
    ),
    _recorded(
        "801900040000000000000005deadbeef00000000000000006e6f6e6521",
        "81190000000000050000000bdeadbeef0000000000000000" + NOT_STORED,
        "append none 0 0 1",
        "ok",
        "NOT_STORED",
    ),
    _recorded(
        "801a00040000000000000005deadbeef00000000000000006e6f6e6521",
        "811a0000000000050000000bdeadbeef0000000000000000" + NOT_STORED,
        "prepend none 0 0 1",
        "ok",
        "NOT_STORED",
    ),
    _recorded(
        "800a00000000000000000000deadbeef0000000000000000",
        "810a00000000000000000000deadbeef0000000000000000",
        "noop",
        "ok",
        "OK",
    ),
    _recorded(
        "800b00000000000000000000deadbeef0000000000000000",
        "810b00000000000000000006deadbeef0000000000000000312e362e3138",
        "version",
        "ok",
        "OK",
    ),
    _recorded(
        "801000050000000000000005deadbeef00000000000000007265736574",
        "811000000000000000000000deadbeef0000000000000000",
        "stats reset",
        "ok",
        "OK",
    ),
    _recorded(
        "8010000b000000000000000bdeadbeef000000000000000064657461696c2064756d70",
        "81100008000000000000000ddeadbeef000000000000000064657461696c6564454e440d0a811000000000000000000000deadbeef0000000000000000",
        "stats detail dump",
        "ok",
        "OK",
    ),
    _recorded(
        "801000050000000000000005deadbeef0000000000000000626f677573",
        "811000000000000100000009deadbeef0000000000000000" + NOT_FOUND,
        "stats bogus",
        "ok",
        "NOT_FOUND",
    ),
    _recorded(
        "800800000000000000000000deadbeef0000000000000000",
        "810800000000000000000000deadbeef0000000000000000",
        "flush_all",
        "ok",
        "OK",
    ),
    _recorded(
        "800800000400000000000004deadbeef000000000000000000000e10",
        "810800000000000000000000deadbeef0000000000000000",
        "flush_all 3600",
        "ok",
        "OK",
    ),
    _recorded(
        "802000000000000000000000deadbeef0000000000000000",
        "81200000000000810000000fdeadbeef0000000000000000" + UNKNOWN,
        "sasl_list",
        "error",
        "UNKNOWN_COMMAND",
    ),
    _recorded(
        "802100050000000000000011deadbeef0000000000000000504c41494e007573657200736563726574",
        "81210000000000810000000fdeadbeef0000000000000000" + UNKNOWN,
        "sasl_auth PLAIN ***",
        "error",
        "UNKNOWN_COMMAND",
    ),
    _recorded(
        "802200050000000000000011deadbeef0000000000000000504c41494e007573657200736563726574",
        "81220000000000810000000fdeadbeef0000000000000000" + UNKNOWN,
        "sasl_step PLAIN ***",
        "error",
        "UNKNOWN_COMMAND",
    ),
    _recorded(
        "803000000000000000000000deadbeef0000000000000000",
        "81300000000000810000000fdeadbeef0000000000000000" + UNKNOWN,
        "rget",
        "error",
        "UNKNOWN_COMMAND",
    ),
    _recorded(
        "809900000000000000000000deadbeef0000000000000000",
        "81990000000000810000000fdeadbeef0000000000000000" + UNKNOWN,
        "opcode_0x99",
        "error",
        "UNKNOWN_COMMAND",
    ),
    _recorded(
        "800000000000000000000000deadbeef0000000000000000",
        "810000000000000400000011deadbeef0000000000000000" + EINVAL,
        "get",
        "error",
        "EINVAL",
        0,
    ),
    _recorded(
        "800700000000000000000000deadbeef0000000000000000",
        "810700000000000000000000deadbeef0000000000000000",
        "quit",
        "ok",
        "OK",
    ),
]

# Requests that the server says nothing to, and the log's line.
SILENT = [
    (
        bytes.fromhex("80110001080000000000000adeadbeef000000000000000000000007000000007176"),
        "set q 7 0 1",
    ),
    (
        bytes.fromhex("80120002080000000000000bdeadbeef00000000000000000000000700000000713276"),
        "add q2 7 0 1",
    ),
    (
        bytes.fromhex("80130001080000000000000adeadbeef000000000000000000000007000000007176"),
        "replace q 7 0 1",
    ),
    (
        bytes.fromhex("801400020000000000000002deadbeef00000000000000007132"),
        "delete q2",
    ),
    (
        bytes.fromhex(
            "801500021400000000000016deadbeef00000000000000000000000000000005000000000000000a00000000716e"
        ),
        "incr qn 5",
    ),
    (
        bytes.fromhex(
            "801600021400000000000016deadbeef00000000000000000000000000000005000000000000000a00000000716e"
        ),
        "decr qn 5",
    ),
    (
        bytes.fromhex("801800000000000000000000deadbeef0000000000000000"),
        "flush_all",
    ),
    (
        bytes.fromhex("801900010000000000000002deadbeef00000000000000007178"),
        "append q 0 0 1",
    ),
    (
        bytes.fromhex("801a00010000000000000002deadbeef00000000000000007178"),
        "prepend q 0 0 1",
    ),
    (
        bytes.fromhex("800900040000000000000004deadbeef00000000000000006e6f6e65"),
        "get none",
    ),
    (
        bytes.fromhex("800d00040000000000000004deadbeef00000000000000006e6f6e65"),
        "get none",
    ),
    (
        bytes.fromhex("801e00040400000000000008deadbeef00000000000000000000003c6e6f6e65"),
        "gat 60 none",
    ),
    (
        bytes.fromhex("802400040400000000000008deadbeef00000000000000000000003c6e6f6e65"),
        "gat 60 none",
    ),
    (
        bytes.fromhex("801700000000000000000000deadbeef0000000000000000"),
        "quit",
    ),
]
