"""What `tcpkit -h` shows."""

MANUAL = """\
NAME
    tcpkit - tell from the packets how long each request to a server took

SYNOPSIS
    tcpkit -i IFACE [-m MODE] [-p PORTS] [-t MS] [options]
    tcpkit -r FILE  [-m MODE] [-p PORTS] [-t MS] [options]
    tcpkit trace ...                      what connections did, with the replies:
                                          tcpkit trace -h
    tcpkit top ...                        who is busy: tcpkit top -h
    tcpkit compare A B ...                what changed between two captures:
                                          tcpkit compare -h
    tcpkit report ...                     a page about a capture: tcpkit report -h

DESCRIPTION
    tcpkit listens to the packets of an interface, or reads them from a capture
    file, and pairs the requests and replies in them. It touches neither the
    server nor the client. The latency is the time from the last byte of a
    request to the first byte of its reply, at the place of the capture.

    Results go to standard output, or to the file of -o; diagnostics and the
    summary at the end go to standard error.

WHERE THE PACKETS COME FROM
    -i, --interface IFACE   capture live on IFACE (em1, lo, any)
    -r, --read FILE         read packets from FILE: pcap or pcapng, plain or
                            gzip, "-" is standard input; given several times,
                            the files are read in that order as one capture
    -B, --buffer-size KIB   kernel capture buffer, in units of 1024 bytes, with
                            -i (default 16384)
        --snaplen BYTES     bytes captured of each packet with -i, 96 to 262144
                            (default 262144)

WHAT IS TRACED
    -m, --mode MODE         redis, memcached, dns, or raw, which prints a line
                            for each packet (default raw); or a protocol
                            that the script of -S defines
    -p, --port PORTS        server ports, comma separated (default: those of
                            the mode: redis 6379, memcached 11211, dns 53;
                            raw: any)
    -s, --server HOSTS      numeric server addresses, comma separated, when
                            tcpkit runs on the client's side or the ports alone
                            do not tell which end is the server
    -t, --threshold MS      log requests that took MS milliseconds or more (a
                            decimal is fine); without -t all are logged
    -u, --udp               the servers speak UDP instead of TCP (memcached,
                            raw); of dns both are always watched
        --by WORDS          command, server, or both with a comma between: tell
                            latencies, timeouts and the like for each command
                            and each server too, in the summary and in the JSON
                            of the stats server
        --timeout SECONDS   how long a request may wait for its reply, in
                            capture time (default 10)

LUA SCRIPTS
    -S, --script FILE       Lua script: its process(packet) gets each packet in
                            raw mode (default there: the packaged example.lua),
                            exchange(e) each exchange in the other modes; init,
                            tick and finish are called in all. A FILE that is
                            not there is looked for among the packaged ones:
                            -m mysql -S protocols/mysql.lua; likewise http.lua
                            and postgresql.lua
        --lua VERSION       luajit, lua51, lua52, lua53, lua54, lua55
                            (default luajit, where it is there)
        --lua-budget N      instructions that a call may take, 10000 or more
                            (default 10000000)
        --lua-memory MIB    memory that a call may take, 8 or more; half of it
                            may be held between two calls (default 256)
        --lua-jit           compile with LuaJIT; the budget is off then

WHAT COMES OUT
    -j, --json              log one JSON object a line instead of text
        --explain           say in the log why a request took its time, where
                            the packets prove it: it waited behind another one
                            of its connection, was sent again, was long itself
    -o, --output FILE       append the log to FILE; reopened on SIGHUP
    -w, --write FILE        save the packets that passed the filter to FILE
                            (pcap, nanoseconds)
    -P, --stats-port PORT   port of the stats server, with -i (default 33333;
                            0 turns it off): `nc HOST PORT` gets JSON
        --bind ADDR         its address (default 0.0.0.0)
        --http [ADDR:]PORT  serve numbers for Prometheus at /metrics, as JSON at
                            /stats.json, and a live page at /, with -i and a
                            protocol; on 127.0.0.1 unless ADDR is given
        --otlp URL          send latencies to an OpenTelemetry collector, as
                            http://localhost:4318: live every 10 s, of files at
                            the end; needs `pip install tcpkit[otlp]`
    -q, --quiet             no summary at the end

HOW IT RUNS
    -d, --daemon            run in the background, with -i; without -o only the
                            stats are kept
        --pidfile FILE      with -d: holds the process id
    -v, --version           print the version and how it was built
    -h, --help              print this

    Ctrl-C and SIGTERM end a run cleanly. SIGHUP reopens the file of -o.

THE LOG
    2018-11-16 18:38:36.873067 172.20.64.106:53499 => 192.168.1.2:6379 | 11.204 ms | set foo bar

    Local time of the reply's first byte, client, server, latency, request.
    "timeout" stands in the latency's place when no reply came in time,
    "aborted" when the connection ended first, "silent" where the protocol
    gives the request no reply. Passwords are shown as ***.

EXIT STATUS
    0 done, 1 a capture or run-time failure, 2 a wrong command line.

EXAMPLES
    tcpkit -i em1 -m redis -t 10          requests of 10 ms and more, live
    tcpkit -r file.pcap -m redis -j       all requests in a file, as JSON
    tcpkit -i any -m dns -t 100           lookups that took 100 ms or more, and
                                          those that nobody answered
    tcpkit -i em1 -m memcached -u -t 1    memcached over UDP
    tcpkit -i lo -m redis -p 6379,6380 -d -o /var/log/tcpkit.log -t 5
    tcpkit -i em1 -m redis -S alert.lua   a script gets every exchange
    nc localhost 33333                    latency histograms of a live run
    tcpkit -i em1 -m redis --http 13380 -d -o /var/log/tcpkit.log
    curl localhost:13380/metrics          the same numbers and more, for Prometheus
"""
