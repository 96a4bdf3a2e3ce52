-- Calls a script's hooks: builds the tables that they get. Each function returns nil, or a report of what went wrong.

local host = ...
local guarded, words, load = host.guarded, host.words, host.load
local type, rawget, ipairs, tonumber = type, rawget, ipairs, tonumber
local G = _G

local calls = {}
local process, exchange

-- Run the script: `text` under the name `path`.
function calls.load(text, path)
    local chunk, why = load(text, "@" .. path)
    if not chunk then
        return why
    end
    return guarded(chunk)
end

function calls.has(name)
    return type(rawget(G, name)) == "function"
end

-- Which hooks there are, once the script has been run and again after `init`.
function calls.find()
    process, exchange = rawget(G, "process"), rawget(G, "exchange")
end

-- Who talks to whom, by a number that stands for it until it is given to another pair; and the second.
local sips, sports, dips, dports, requests = {}, {}, {}, {}, {}
local sec = 0

function calls.ends(slot, sip, sport, dip, dport, request)
    sips[slot], sports[slot], dips[slot], dports[slot], requests[slot] = sip, sport, dip, dport, request
end

function calls.second(now)
    sec = now
end

function calls.segment(slot, usec, nsec, payload, len, seq, ack, flags, window)
    return guarded(process, {
        tv_sec = sec, tv_usec = usec, tv_nsec = nsec,
        sip = sips[slot], sport = sports[slot], dip = dips[slot], dport = dports[slot],
        payload = payload, size = #payload, len = len, request = requests[slot], proto = "tcp",
        seq = seq, ack = ack, flags = flags, window = window,
    })
end

function calls.datagram(slot, usec, nsec, payload, len)
    return guarded(process, {
        tv_sec = sec, tv_usec = usec, tv_nsec = nsec,
        sip = sips[slot], sport = sports[slot], dip = dips[slot], dport = dports[slot],
        payload = payload, size = #payload, len = len, request = requests[slot], proto = "udp",
    })
end

-- The fields of the JSON line, in its order (sinks/exchange_fields.py); `flags` is a list.
function calls.exchange(
    time_ns, protocol, transport, client, server, command, key, request, latency_ns,
    request_first_ns, request_last_ns, reply_first_ns, reply_last_ns, request_bytes, reply_bytes,
    status, code, hits, quality, depth, flags, id, attempts, answers,
    upload_ns, wait_ns, queue_ns, service_ns, download_ns, reason
)
    return guarded(exchange, {
        time_ns = time_ns, protocol = protocol, transport = transport, client = client, server = server,
        command = command, key = key, request = request, latency_ns = latency_ns,
        request_first_ns = request_first_ns, request_last_ns = request_last_ns,
        reply_first_ns = reply_first_ns, reply_last_ns = reply_last_ns,
        request_bytes = request_bytes, reply_bytes = reply_bytes, status = status, code = code,
        hits = hits, quality = quality, depth = depth, flags = words(flags),
        id = id, attempts = attempts, answers = answers,
        upload_ns = upload_ns, wait_ns = wait_ns, queue_ns = queue_ns, service_ns = service_ns,
        download_ns = download_ns, reason = reason,
    })
end

function calls.init(mode, ports, servers, files, interface, udp, threshold_ms)
    local config = {
        mode = mode, ports = {}, servers = words(servers), files = words(files),
        interface = interface, udp = udp, threshold_ms = threshold_ms,
    }
    for i, port in ipairs(words(ports)) do
        config.ports[i] = tonumber(port)
    end
    return guarded(rawget(G, "init"), config)
end

function calls.tick(now)
    return guarded(rawget(G, "tick"), now)
end

function calls.finish()
    return guarded(rawget(G, "finish"))
end

return calls.load, calls.has, calls.find, calls.ends, calls.second, calls.segment, calls.datagram, calls.exchange, calls.init,
    calls.tick, calls.finish
