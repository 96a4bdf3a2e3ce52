"""What `tcpkit report -h` shows."""

MANUAL = """\
NAME
    tcpkit report - one page about a capture: was it slow, when, for whom, why

SYNOPSIS
    tcpkit report -r FILE -m MODE -o report.html [-p PORTS] [-t MS] [options]

DESCRIPTION
    Reads a capture and writes one HTML file, to be looked at in a browser, sent
    or kept. It needs no network: everything is in it. MODE is redis, memcached,
    dns, or a protocol that the script of -S defines.

    The page begins with a verdict in sentences, and with what limits it. Then
    come latency over time as a map, tables by command, server, client and key,
    the slowest requests with the reason of each where the packets prove one,
    the health of the connections, and every counter that is not zero.

OPTIONS
    -o, --output FILE       where the page goes; "-" is standard output, which is
                            also taken without -o if it is no terminal. A file
                            that is there is replaced, once the page is whole;
                            never one that is read
        --title TEXT        the page's title (default: the mode and the files)
    -t, --threshold MS      requests that took MS milliseconds or more are slow.
                            Without it the page says what took more than ten
                            times the median, and 1 ms at least
    -q, --quiet             no summary at the end

    The options -r -p -s -u -S -w and the long ones beside them are those of
    tcpkit -h. Requests and keys are in the page as they are in the log, with
    passwords as ***: give it to those who may read them.

EXIT STATUS
    0 done, 1 a capture or run-time failure, 2 a wrong command line. Where a
    file is damaged, the page is about what was read before, and says so.

EXAMPLES
    tcpkit report -r file.pcap -m redis -t 10 -o report.html
    tcpkit report -r a.pcap -r b.pcap.gz -m dns --title "Resolver, Monday" -o report.html
    zcat file.pcap.gz | tcpkit report -r - -m memcached > report.html
"""
