"""What `tcpkit trace -h` shows."""

MANUAL = """\
NAME
    tcpkit trace - tell what connections did: each request with its reply

SYNOPSIS
    tcpkit trace -i IFACE -m MODE [-p PORTS] [options]
    tcpkit trace -r FILE  -m MODE [-p PORTS] [options]

DESCRIPTION
    Prints, as one reads a conversation, the start of each connection, each
    request with its reply beside it, and the connection's end. MODE is redis,
    memcached, dns, or a protocol that the script of -S defines.

WHAT IS SHOWN
        --client ADDR[:PORT]
                            only what these clients did, comma separated
        --key PATTERN       only requests whose first key (of dns: the name) is
                            like PATTERN: * ? [abc] [^a] [a-z] and \\, as in
                            Redis' KEYS
        --command NAMES     only these commands, comma separated, in upper or
                            lower case; CONFIG is each of its commands,
                            "CONFIG GET" that one
    -t, --threshold MS      only requests that took MS milliseconds or more,
                            and those that got no reply
        --tcp               at a connection's end its health: round-trip times,
                            retransmissions, windows, bytes; and at the end of
                            all that of all connections
    -j, --json              one JSON object a line

    With --key, --command or -t a connection's start is told before its first
    request that is shown, and a connection of which none is shown not at all.

    The options -i -r -p -s -u -S -w -B -o -q and the long ones beside them are
    those of tcpkit -h. There is no stats server, and no daemon.

THE LINES
     3  09:10:15.967034  10.0.0.1:36846   #3       0.043 ms  GET key -> "value"

    The number of the request in all, local time of the reply's first byte,
    client, the request's number on its connection, latency, request, reply.
    Requests are numbered in the order in which they were answered, or given
    up, whether they are shown or not. Over UDP there are no connections, so
    the server stands behind the client.

    "timeout" stands in the latency's place when no reply came in time,
    "aborted" when the connection ended first, "silent" where the protocol
    gives the request no reply. What is to be known of an exchange beside that
    stands at its end: [late], [retransmission], [gap], [inferred] (the reply
    is very likely that of the request; without it, that is proven).

    Of a reply 128 characters are shown; "..." says that there is more. Bytes
    that cannot be printed are \\xNN. Passwords are shown as ***.

    On a terminal the lines have colours, one for each connection; slow and
    failed requests stand out. NO_COLOR=1 turns that off.

EXIT STATUS
    0 done, 1 a capture or run-time failure, 2 a wrong command line.

EXAMPLES
    tcpkit trace -i em1 -m redis --client 10.0.0.7
    tcpkit trace -r file.pcap -m redis --key 'user:*' --command get,hgetall
    tcpkit trace -r file.pcap -m memcached -t 10 --tcp
    tcpkit trace -i any -m dns --key '*.example.com' -j
"""
