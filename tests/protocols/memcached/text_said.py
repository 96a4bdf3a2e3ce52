"""What memcached 1.6.18 answered, byte for byte, and what is to be said of it."""

from dataclasses import dataclass

STORED = b"STORED\r\n"
END = b"END\r\n"
NOT_FOUND = b"NOT_FOUND\r\n"
OK = b"OK\r\n"
ERROR = b"ERROR\r\n"
BAD_FORMAT = b"CLIENT_ERROR bad command line format\r\n"


@dataclass(frozen=True)
class Said:
    """A request and its reply; `text` is the command line where it is not the request."""

    sent: bytes
    got: bytes
    command: str
    key: str | None
    code: str
    hits: int = -1
    text: str | None = None

    @property
    def request(self) -> str:
        line = self.sent.partition(b"\n")[0].removesuffix(b"\r").decode()
        return line if self.text is None else self.text


CLASSIC = [
    Said(b"set k 0 0 3\r\nabc\r\n", STORED, "set", "k", "STORED"),
    Said(b"get k\r\n", b"VALUE k 0 3\r\nabc\r\nEND\r\n", "get", "k", "END", 1),
    Said(b"set e 0 0 5\r\nEND\r\n\r\n", STORED, "set", "e", "STORED"),
    Said(b"get e\r\n", b"VALUE e 0 5\r\nEND\r\n\r\nEND\r\n", "get", "e", "END", 1),
    Said(b"set e 7 0 0\r\n\r\n", STORED, "set", "e", "STORED"),
    Said(b"get e\r\n", b"VALUE e 7 0\r\n\r\nEND\r\n", "get", "e", "END", 1),
    Said(b"get none\r\n", END, "get", "none", "END", 0),
    Said(b"get\r\n", ERROR, "get", None, "ERROR"),
    Said(b"get \r\n", ERROR, "get", None, "ERROR"),
    Said(b" get k\r\n", b"VALUE k 0 3\r\nabc\r\nEND\r\n", "get", "k", "END", 1),
    Said(b"get k\n", b"VALUE k 0 3\r\nabc\r\nEND\r\n", "get", "k", "END", 1),
    Said(
        b"get  k   k \r\n",
        b"VALUE k 0 3\r\nabc\r\nVALUE k 0 3\r\nabc\r\nEND\r\n",
        "get", "k", "END", 2,
    ),
    Said(b"add k 0 0 3\r\nabc\r\n", b"NOT_STORED\r\n", "add", "k", "NOT_STORED"),
    Said(b"replace q 0 0 1\r\na\r\n", b"NOT_STORED\r\n", "replace", "q", "NOT_STORED"),
    Said(b"append k 0 0 1\r\nz\r\n", STORED, "append", "k", "STORED"),
    Said(b"prepend k 0 0 1\r\nz\r\n", STORED, "prepend", "k", "STORED"),
    Said(b"set k 0 0 3\nabc\r\n", STORED, "set", "k", "STORED"),
    Said(b"set k 0 -1 +3\r\nabc\r\n", STORED, "set", "k", "STORED"),
    Said(b"set k 4294967296 99999999999 003\r\nabc\r\n", STORED, "set", "k", "STORED"),
    Said(b"set k 0 0 3 foo\r\nabc\r\n", STORED, "set", "k", "STORED"),
    Said(
        b"gets k k q\r\n",
        b"VALUE k 0 5 8\r\nzabcz\r\nVALUE k 0 5 8\r\nzabcz\r\nEND\r\n",
        "gets", "k", "END", 2,
    ),
    Said(b"gat 100 k\r\n", b"VALUE k 0 5\r\nzabcz\r\nEND\r\n", "gat", "k", "END", 1),
    Said(b"gats 100 k q\r\n", b"VALUE k 0 5 8\r\nzabcz\r\nEND\r\n", "gats", "k", "END", 1),
    Said(b"gat 100\r\n", END, "gat", None, "END", 0),
    Said(
        b"gat x k\r\n", b"CLIENT_ERROR invalid exptime argument\r\n", "gat", "k", "CLIENT_ERROR"
    ),
    Said(b"cas k 0 0 1 1\r\nz\r\n", b"EXISTS\r\n", "cas", "k", "EXISTS"),
    Said(b"cas none 0 0 3 5\r\nabc\r\n", NOT_FOUND, "cas", "none", "NOT_FOUND"),
    Said(b"incr n 1\r\n", b"6\r\n", "incr", "n", "NUMBER"),
    Said(b"decr n 100\r\n", b"0 \r\n", "decr", "n", "NUMBER"),
    Said(b"incr q 1\r\n", NOT_FOUND, "incr", "q", "NOT_FOUND"),
    Said(b"incr n\r\n", ERROR, "incr", "n", "ERROR"),
    Said(b"touch n 0\r\n", b"TOUCHED\r\n", "touch", "n", "TOUCHED"),
    Said(b"delete n\r\n", b"DELETED\r\n", "delete", "n", "DELETED"),
    Said(b"delete n 0\r\n", NOT_FOUND, "delete", "n", "NOT_FOUND"),
    Said(b"delete noreply\r\n", NOT_FOUND, "delete", "noreply", "NOT_FOUND"),
    Said(b"bget k\r\n", END, "bget", "k", "END", 0),
]  # fmt: skip

ADMINISTRATION = [
    Said(b"flush_all\r\n", OK, "flush_all", None, "OK"),
    Said(b"verbosity 0\r\n", OK, "verbosity", None, "OK"),
    Said(b"version\r\n", b"VERSION 1.6.18\r\n", "version", None, "VERSION"),
    Said(b"version noreply\r\n", b"VERSION 1.6.18\r\n", "version", None, "VERSION"),
    Said(b"cache_memlimit 64\r\n", OK, "cache_memlimit", None, "OK"),
    Said(b"stats\r\n", b"STAT pid 15228\r\nSTAT uptime 12\r\nEND\r\n", "stats", None, "END"),
    Said(b"stats reset\r\n", b"RESET\r\n", "stats", None, "RESET"),
    Said(b"stats detail on\r\n", OK, "stats", None, "OK"),
    Said(
        b"stats detail dump\r\n",
        b"PREFIX a get 0 hit 0 set 1 del 0\r\nEND\r\n",
        "stats", None, "END",
    ),
    Said(
        b"stats cachedump 1 10\r\n", b"ITEM a:b [1 b; 0 s]\r\nEND\r\n", "stats", None, "END"
    ),
    Said(b"stats sizes\r\n", b"STAT sizes_status disabled\r\nEND\r\n", "stats", None, "END"),
    Said(b"stats foo\r\n", ERROR, "stats", None, "ERROR"),
    Said(b"stats noreply\r\n", ERROR, "stats", None, "ERROR"),
    Said(
        b"slabs reassign 1 2\r\n",
        b"NOSPARE source class has no spare pages\r\n",
        "slabs", None, "NOSPARE",
    ),
    Said(b"slabs automove 1\r\n", OK, "slabs", None, "OK"),
    Said(b"lru mode flat\r\n", OK, "lru", None, "OK"),
    Said(b"lru_crawler sleep 100\r\n", OK, "lru_crawler", None, "OK"),
    Said(
        b"lru_crawler enable\r\n",
        b"ERROR failed to start lru crawler thread\r\n",
        "lru_crawler", None, "ERROR",
    ),
    Said(b"lru_crawler enable noreply\r\n", ERROR, "lru_crawler", None, "ERROR"),
    Said(
        b"lru_crawler metadump all\r\n",
        b"key=a%3Ab exp=-1 la=1795529011 cas=19 fetch=no cls=1 size=63\nEND\r\n",
        "lru_crawler", None, "END",
    ),
    Said(
        b"lru_crawler metadump 900\r\n",
        b"BADCLASS invalid class id\r\n",
        "lru_crawler", None, "BADCLASS",
    ),
    Said(b"extstore recache_rate 1\r\n", OK, "extstore", None, "OK"),
    Said(b"refresh_certs\r\n", b"Error TLS not enabled\r\n", "refresh_certs", None, "Error"),
    Said(b"misbehave\r\n", ERROR, "misbehave", None, "ERROR"),
    Said(b"shutdown\r\n", b"ERROR: shutdown not enabled\r\n", "shutdown", None, "ERROR"),
    Said(b"watch foo\r\n", ERROR, "watch", None, "ERROR"),
    Said(b"foo\r\n", ERROR, "foo", None, "ERROR"),
    Said(b"GET k\r\n", ERROR, "GET", None, "ERROR", text="GET ***"),
    Said(b"get\tk\r\n", ERROR, "get\\x09k", None, "ERROR", text="get\\x09k"),
    Said(b"\r\n", ERROR, "", None, "ERROR"),
    Said(b"mx k\r\n", ERROR, "mx", None, "ERROR", text="mx ***"),
    Said(b"m\r\n", ERROR, "m", None, "ERROR"),
]  # fmt: skip

META = [
    Said(b"ms k 3\r\nabc\r\n", b"HD\r\n", "ms", "k", "HD"),
    Said(b"mg k\r\n", b"HD\r\n", "mg", "k", "HD", 1),
    Said(b"mg k v\r\n", b"VA 3\r\nabc\r\n", "mg", "k", "VA", 1),
    Said(
        b"mg k v k O123 s t f c h l\r\n",
        b"VA 3 kk O123 s3 t-1 f0 c1 h1 l0\r\nabc\r\n",
        "mg", "k", "VA", 1,
    ),
    Said(b"mg q\r\n", b"EN\r\n", "mg", "q", "EN", 0),
    Said(b"mg q k Oabc\r\n", b"EN kq Oabc\r\n", "mg", "q", "EN", 0),
    Said(b"mg q k O1\r\n", b"EN\r\n", "mg", "q", "EN", 0),  # an older server repeats nothing
    Said(b"mg k v k k\r\n", b"CLIENT_ERROR duplicate flag\r\n", "mg", "k", "CLIENT_ERROR"),
    Said(b"mg\r\n", ERROR, "mg", None, "ERROR"),
    Said(b"mg a2V5 b k v\r\n", b"EN ka2V5 b\r\n", "mg", "key", "EN", 0),
    Said(b"mg key k v\r\n", b"VA 3 ka2V5 b\r\nabc\r\n", "mg", "key", "VA", 1),
    Said(b"mg n N30 v\r\n", b"VA 0 W\r\n\r\n", "mg", "n", "VA", 1),
    Said(b"ms k 3 k O1 c\r\nabc\r\n", b"HD kk O1 c4\r\n", "ms", "k", "HD"),
    Said(b"ms k 3 ME\r\nabc\r\n", b"NS\r\n", "ms", "k", "NS"),
    Said(b"ms k 3 C1\r\nabc\r\n", b"EX\r\n", "ms", "k", "EX"),
    Said(b"ms n 3 C1\r\nabc\r\n", b"NF\r\n", "ms", "n", "NF"),
    Said(b"ms k 3 !\r\nabc\r\n", b"CLIENT_ERROR invalid flag\r\n", "ms", "k", "CLIENT_ERROR"),
    Said(b"ms a2V5 3 b k\r\nabc\r\n", b"HD ka2V5 b\r\n", "ms", "key", "HD"),
    Said(b"md k k O7\r\n", b"HD kk O7\r\n", "md", "k", "HD"),
    Said(b"md k\r\n", b"NF\r\n", "md", "k", "NF"),
    Said(b"ma n\r\n", b"NF\r\n", "ma", "n", "NF"),
    Said(b"ma n N0 J13 v\r\n", b"VA 2\r\n13\r\n", "ma", "n", "VA"),
    Said(b"ma n k O1 t c v\r\n", b"VA 2 kn O1 t-1 c16\r\n18\r\n", "ma", "n", "VA"),
    Said(b"ma n C1\r\n", b"EX\r\n", "ma", "n", "EX"),
    Said(
        b"me n\r\n",
        b"ME n exp=-1 la=1 cas=17 fetch=no cls=1 size=62\r\n",
        "me", "n", "ME",
    ),
    Said(b"me k q\r\n", b"EN\r\n", "me", "k", "EN"),
    Said(b"mn\r\n", b"MN\r\n", "mn", None, "MN"),
    Said(b"mn q\r\n", b"MN\r\n", "mn", None, "MN"),
]  # fmt: skip

ALL = CLASSIC + ADMINISTRATION + META

# Lines that get no answer.
SILENT = [
    b"set k 0 0 3 noreply\r\nabc\r\n",
    b"set k 0 0 -1 noreply\r\n",
    b"cas k 0 0 3 5 noreply\r\nabc\r\n",
    b"incr n x noreply\r\n",
    b"incr n 1 noreply\r\n",
    b"touch n 0 noreply\r\n",
    b"delete n noreply\r\n",
    b"delete n 0 noreply\r\n",
    b"delete n foo noreply\r\n",
    b"flush_all noreply\r\n",
    b"flush_all 0 noreply\r\n",
    b"verbosity noreply\r\n",
    b"verbosity 0 noreply \r\n",
    b"cache_memlimit 64 noreply\r\n",
    b"slabs automove 0 noreply\r\n",
]
# Lines that end in noreply and are answered.
NOT_SILENT = [
    b"set k 0 0 3 foo noreply\r\n",
    b"version noreply\r\n",
    b"stats noreply\r\n",
    b"stats reset noreply\r\n",
    b"foo noreply\r\n",
    b"get noreply\r\n",
    b"delete noreply\r\n",
    b"slabs reassign 1 2 noreply\r\n",
    b"lru_crawler enable noreply\r\n",
    b"mg noreply\r\n",
]
