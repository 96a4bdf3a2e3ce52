-- Calls a script's hooks, but for `process`: builds the tables that they get. Each function returns nil, or a report of what went wrong.

local host = ...
local guarded, words, load = host.guarded, host.words, host.load
local type, rawget, ipairs, tonumber = type, rawget, ipairs, tonumber
local G = _G

local calls = {}
local exchange

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
    exchange = rawget(G, "exchange")
    host.call_process(rawget(G, "process"))
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

return calls.load, calls.has, calls.find, calls.exchange, calls.init, calls.tick, calls.finish
