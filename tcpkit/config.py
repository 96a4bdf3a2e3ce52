"""What the user asked for, checked; made by the command line, read by every room."""

from typing import NamedTuple

DEFAULT_STATS_PORT = 33333
DEFAULT_BIND = "0.0.0.0"
DEFAULT_BUFFER_KIB = 16384
DEFAULT_SNAPLEN = 262144
DEFAULT_TIMEOUT_S = 10.0
DEFAULT_LUA_BUDGET = 10_000_000  # instructions a call: some 50 ms
DEFAULT_LUA_MEMORY_MIB = 256


class TopOptions(NamedTuple):
    """What `tcpkit top` shows. With neither `once` nor `interval_ns` it is the live screen."""

    view: str = "keys"
    sort: str = "requests"
    rows: int = 20
    once: bool = False
    interval_ns: int = 0  # a report for each so long; 0: none
    min_rate: float = 0.0  # rows with so many requests, or bytes, a second only; 0: all
    min_bytes_rate: float = 0.0

    @property
    def screen(self) -> bool:
        return not self.once and not self.interval_ns


class TraceOptions(NamedTuple):
    """What `tcpkit trace` is asked for beside the rest. Empty: nothing is left out."""

    tcp: bool = False
    clients: tuple[tuple[str, int], ...] = ()  # address in its normal text form; port, or 0: any
    key: str = ""  # a pattern, as that of Redis' KEYS
    commands: tuple[str, ...] = ()  # in upper case


class ReportOptions(NamedTuple):
    """What `tcpkit report` writes, and where."""

    output: str | None = None  # the path; None: standard output
    title: str = ""


class CompareOptions(NamedTuple):
    """How `tcpkit compare` compares the two files of the run, A and B."""

    page: str | None = None  # where a page is written
    resamples: int = 1_000
    seed: int = 1


class Config(NamedTuple):
    """One run. Exactly one of `interface` and `files` is set."""

    mode: str = "raw"
    interface: str | None = None
    files: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()  # in the order of -p; empty: raw mode without -p
    servers: tuple[str, ...] = ()  # addresses in their normal text form
    by: tuple[str, ...] = ()  # what a port's numbers are divided by: "command", "server"
    threshold_ns: int | None = None  # None: every request is logged
    stats_port: int = DEFAULT_STATS_PORT  # 0: no stats server
    bind: str = DEFAULT_BIND
    script: str | None = None  # the path; None: no script runs
    lua: str = ""  # the version; "": the best one that is there
    lua_jit: bool = False
    lua_budget: int = DEFAULT_LUA_BUDGET
    lua_memory_mib: int = DEFAULT_LUA_MEMORY_MIB
    write: str | None = None
    buffer_kib: int = DEFAULT_BUFFER_KIB
    snaplen: int = DEFAULT_SNAPLEN
    output: str | None = None
    udp: bool = False
    daemon: bool = False
    pidfile: str | None = None
    json: bool = False
    timeout_ns: int = int(DEFAULT_TIMEOUT_S * 1_000_000_000)
    quiet: bool = False
    trace: TraceOptions | None = None  # None: the log
    explain: bool = False  # the log says why, where the packets prove it
    top: TopOptions | None = None
    http: tuple[str, int] | None = None  # address and port; None: off
    report: ReportOptions | None = None
    compare: CompareOptions | None = None
    otlp: str = ""  # where to send the numbers; "": nowhere

    @property
    def has_series(self) -> bool:
        """Whether requests are counted for systems that take numbers."""
        return self.http is not None or bool(self.otlp)

    @property
    def has_overview(self) -> bool:
        return self.http is not None or self.report is not None
