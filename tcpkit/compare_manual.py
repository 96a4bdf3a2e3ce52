"""What `tcpkit compare -h` shows."""

MANUAL = """\
NAME
    tcpkit compare - tell what changed between two captures

SYNOPSIS
    tcpkit compare A B -m MODE [-p PORTS] [options]

DESCRIPTION
    Reads the capture files A (before) and B (after) and tells, for all requests
    and for each command, what changed: requests a second, the median latency
    (p50) and the 99th percentile (p99), each with a 95 % interval of the
    change; keys that only one of the captures has; errors by command and code.
    MODE is redis, memcached or dns. One of the files may be "-", standard
    input.

    The interval is a bootstrap over slices of time, so that one stall which
    makes many requests slow counts as one. Where it does not contain 0 there is
    a "*", and the command is "slower" or "faster" ("mixed": one percentile is
    slower, the other one faster); else there is "no clear change". A p99 needs
    500 requests in each capture; with less there is "-".

OPTIONS
    -j, --json              one JSON object instead of text
    -o, --output FILE       FILE.html: write a page for a browser to FILE, which
                            is replaced, beside the text; any other FILE: append
                            the text or JSON to it
        --resamples N       how often slices are drawn, 100 to 100000
                            (default 1000)
        --seed N            another one draws other slices (default 1): the same
                            files and seed give the same output
    -q, --quiet             with FILE.html: nothing on standard output

    The options -m -p -s -u and --timeout are those of tcpkit -h.

    Ctrl-C ends the read: what was read until then is compared.

EXIT STATUS
    0 done (whatever changed), 1 a capture or run-time failure (a capture that is
    cut is compared as far as it goes), 2 a wrong command line.

EXAMPLES
    tcpkit compare monday.pcap tuesday.pcap -m redis
    tcpkit compare before.pcap.gz after.pcap.gz -m redis -p 6379,6380 -j
    tcpkit compare before.pcap after.pcap -m dns -o change.html
"""
