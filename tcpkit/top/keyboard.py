"""The keys: what they do, and what is said about them."""

from collections.abc import Sequence
from typing import Final

from textual.binding import Binding

from tcpkit.metrics.top_row import BYTES, REQUESTS, SLOWEST, TIME, VIEWS

SORT_KEYS: Final = {"r": REQUESTS, "b": BYTES, "t": TIME, "s": SLOWEST}


def bindings() -> list[Binding]:
    """What the screen listens to; while a filter is typed, only to those with priority."""
    found = [
        Binding("ctrl+c,ctrl+q", "quit", priority=True),
        Binding("q", "quit"),
        Binding("escape", "leave", priority=True),
        Binding("o", "next_sort"),
        Binding("v", "next_view(1)"),
        Binding("V", "next_view(-1)"),
        Binding("tab", "next_view(1)", priority=True),  # else it would move a focus
        Binding("shift+tab", "next_view(-1)", priority=True),
        Binding("p,space", "pause"),
        Binding("slash", "filter"),
        Binding("x,R", "reset"),
        Binding("question_mark,h", "help"),
        Binding("down,j", "scroll_rows(1)"),
        Binding("up,k", "scroll_rows(-1)"),
        Binding("pagedown", "scroll_pages(1)"),
        Binding("pageup", "scroll_pages(-1)"),
        Binding("home,g", "first_rows"),
    ]
    found += [Binding(key, f"sort('{sort}')") for key, sort in SORT_KEYS.items()]
    found += [Binding(str(place), f"view('{view}')") for place, view in enumerate(VIEWS, 1)]
    return found


def hints(live: bool) -> Sequence[tuple[str, str]]:
    """Key and effect, for the last line; what matters least comes last."""
    return (
        ("q", "quit"),
        ("rbts", "sort"),
        ("tab", "view"),
        ("/", "filter"),
        *((("p", "pause"), ("x", "reset")) if live else ()),
        ("?", "help"),
    )


HELP: Final = """\
r b t s  sort by requests, bytes, time, slowest reply   o  the next of them
tab v    the next view; 1-5: keys, patterns, commands, clients, servers
/        show names that match a regular expression; Enter, Esc takes it off
p space  stop the table and go on; what is counted goes on in any case
x R      forget all that was counted        q Ctrl-C  quit
up down pageup pagedown home: the rows further down    ? h Esc  leave the help

req/s B/s  requests and bytes a second: over the last second; of a file, over
           all of it. Bytes are those of requests and replies above TCP or UDP
hits       values found, of those that lookups asked for
p50 p99    half of the replies, 99 of 100, came in this time or less (1 % high
max        at most); the slowest. Blocking commands are not timed
time       the sum of the latencies    requests bytes  since the start or reset
±          the true number in the order's column may be higher by this, as the
           least busy names were evicted; nothing there: it is exact
exact      share of the replies that are proven to belong to their request
unpaired   requests and replies that were given up: they are in no row
"""
