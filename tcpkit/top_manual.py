"""What `tcpkit top -h` shows."""

MANUAL = """\
NAME
    tcpkit top - who is busy: keys, commands, clients, servers

SYNOPSIS
    tcpkit top -i IFACE -m MODE [options]
    tcpkit top -r FILE  -m MODE [options]

DESCRIPTION
    Counts each request for its key, its key's pattern, its command, its client
    and its server. On a terminal it is a live screen; with --once or
    --interval it prints reports. Where its output is no terminal, -r prints
    one report.

    Memory is fixed, however many keys there are. When there are more than
    131,072 keys (16,384 of the other views) the least busy ones are given up;
    what may be missing of a row then stands behind its requests as +n, and in
    the report's third line.

WHAT IS SHOWN
        --view VIEW         keys, patterns, commands, clients, servers (default
                            keys); a pattern is a key whose numbers and ids are
                            folded: user:{n}:cart
        --sort ORDER        requests, bytes, time (the sum of the latencies),
                            slowest (default requests)
        --rows N            rows of a report (default 20, with -j 100)

KEYS OF THE SCREEN
    r b t s                 sort by requests, bytes, time, slowest; o: the next
    Tab v, 1 to 5           the next view; keys, patterns, commands, clients,
                            servers
    /                       show names in which a regular expression is found;
                            Esc: show all
    p, space                the table stands still; counting goes on
    x, R                    count anew
    arrows, PgUp, PgDn      rows further up or down; Home: the first ones
    ?, h                    what each column means
    q, Ctrl-C               quit, with the summary on standard error

    With -i rates are over the last second, with -r over the whole capture.
    NO_COLOR turns the colours off. The screen needs a terminal as standard
    input and output; what a script prints is not shown.

REPORTS
        --once              one report, at the end
        --interval SECONDS  one report each SECONDS of capture time, 0.1 or
                            more, of what was counted in them; none where
                            nothing was
        --min-rate R        only rows with R requests a second or more
        --min-bytes-rate B  only rows with B bytes a second or more; with both,
                            one of them is enough. With --interval there is no
                            report without such a row
    -j, --json              a JSON object on a line for each report
    -o, --output FILE       append the reports to FILE; reopened on SIGHUP
    -d, --daemon            run in the background: with -i, --interval and -o

ALL OTHER OPTIONS
    As for tcpkit (tcpkit -h): -p, -s, -u, --timeout, -S and its options, -w,
    -B, --snaplen, --bind, --pidfile, -q. The stats server runs only with -P.
    -t is refused: every request counts.

A REPORT
    top keys by requests, 2018-11-16 18:38:36.873 to 18:38:46.873 (10.0 s)
    requests 12,345 (1,235/s)   1.20 MB (120 KB/s)   time 3.21 s   hits 93.20 %
    pairs 100.00 % exact
    rows 812 of at most 131,072, none evicted: all numbers are whole

    requests   /s  hit %  bytes/s     time     p50     p99      max  key
       4,105  411   97.1  41.2 KB   812 ms  150 us  1.2 ms  11.2 ms  user:1

    /s and bytes/s are over the time of the first line; bytes are those of
    requests and replies. Times are latencies. A request counts once: answered,
    silent, aborted or timed out.

EXIT STATUS
    0 done, 1 a capture or run-time failure, 2 a wrong command line.

EXAMPLES
    tcpkit top -i em1 -m redis            the live screen
    tcpkit top -r file.pcap -m memcached --once --sort bytes
    tcpkit top -i em1 -m redis --interval 10 -j --view patterns
    tcpkit top -i em1 -m redis --interval 1 --min-rate 1000 -d -o hot-keys.log
"""
