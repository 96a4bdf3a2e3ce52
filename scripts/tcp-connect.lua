-- How long it took to connect, and who could not, from the packets.
--
--   tcpkit -i em1 -p 80,443 -S scripts/tcp-connect.lua
--   tcpkit -r file.pcap -S scripts/tcp-connect.lua
--
-- A line for each attempt, all times from the first SYN. Local time, client, server, and
--
--   2018-11-16 18:38:36.873067 10.0.0.1:53499 => 10.0.0.2:80 | SYN-ACK 0.123 ms | ACK 0.145 ms | 1 SYN
--   2018-11-16 18:38:36.873067 10.0.0.1:53499 => 10.0.0.2:80 | SYN-ACK 1024.1 ms | no ACK | 2 SYNs
--   2018-11-16 18:38:36.873067 10.0.0.1:53499 => 10.0.0.2:80 | refused 0.051 ms | 1 SYN
--   2018-11-16 18:38:46.873067 10.0.0.1:53499 => 10.0.0.2:80 | unanswered 10.000 s | 4 SYNs
--
-- Captured on the server's side, SYN-ACK is the server's own time, and from there to the ACK is
-- the network's; on the client's side it is the other way round. More SYNs than one: a SYN or
-- its answer was lost, or the server's backlog was full. `refused` is a RST by the server; `no ACK`
-- a RST by the client, or 10 s without an ACK. `unanswered` is said once, after 10 s; an answer
-- that comes later gets its line as well. How many wait when the capture ends is said in a line
-- that begins with `#`.
--
-- What it cannot know: an ICMP error that answers a SYN, whether a SYN went lost before or behind
-- this place, and a packet that was captured twice from one that was sent twice.

local UNANSWERED_S = 10
local FORGET_S = 130 -- the longest pause of a client between two SYNs, and more
local MAX_ATTEMPTS = 20000 -- at once; more are left out

local FIN, SYN, RST, ACK = 1, 2, 4, 16
local band, date, find, floor, format = bit32.band, os.date, string.find, math.floor, string.format

local attempts, size, left_out = {}, 0, 0
local base -- the first packet's second: what counts from it is exact in any Lua

local function end_text(address, port)
    return find(address, ":", 1, true) and "[" .. address .. "]:" .. port or address .. ":" .. port
end

local function time_text(now)
    local sec = floor(now / 1e9)
    return format("%s.%06d", date("%Y-%m-%d %H:%M:%S", base + sec), floor((now - sec * 1e9) / 1000))
end

local function tell(ends, now, what, attempt)
    local count = attempt.syns == 1 and "1 SYN" or attempt.syns .. " SYNs"
    print(time_text(now) .. " " .. ends .. " | " .. what .. " | " .. count)
end

local function ms(from, to)
    return format("%.3f ms", (to - from) / 1e6)
end

local function forget(ends)
    attempts[ends] = nil
    size = size - 1
end

-- Say that the ACK did not come, if that is what was waited for.
local function tell_without_ack(ends, now, attempt)
    if attempt.answered then
        tell(ends, now, "SYN-ACK " .. ms(attempt.first, attempt.answered) .. " | no ACK", attempt)
    end
end

-- Behind a number of TCP, which goes round.
local function next_of(number, bytes)
    return (number + bytes) % 4294967296
end

local function syn(ends, now, packet)
    local attempt = attempts[ends]
    if attempt and attempt.seq == packet.seq then
        attempt.syns = attempt.syns + 1
        attempt.last = now
        return
    end
    if attempt then
        -- the port is used again
        tell_without_ack(ends, now, attempt)
        forget(ends)
    end
    if size >= MAX_ATTEMPTS then
        left_out = left_out + 1
        return
    end
    attempts[ends] = {
        first = now, last = now, syns = 1, seq = packet.seq,
        after_syn = next_of(packet.seq, 1), after_data = next_of(packet.seq, 1 + packet.len),
    }
    size = size + 1
end

local function from_server(ends, now, packet, attempt)
    if packet.ack ~= attempt.after_syn and packet.ack ~= attempt.after_data then return end
    if band(packet.flags, RST) ~= 0 then
        if not attempt.answered then
            tell(ends, now, "refused " .. ms(attempt.first, now), attempt)
            forget(ends)
        end
    elseif band(packet.flags, SYN) ~= 0 and not attempt.answered then
        attempt.answered = now
        attempt.expected = next_of(packet.seq, 1)
    end
end

local function from_client(ends, now, packet, attempt)
    if not attempt.answered then return end
    if band(packet.flags, RST) ~= 0 then
        tell_without_ack(ends, now, attempt)
        forget(ends)
    elseif packet.ack == attempt.expected then
        tell(ends, now, "SYN-ACK " .. ms(attempt.first, attempt.answered)
            .. " | ACK " .. ms(attempt.first, now), attempt)
        forget(ends)
    end
end

function process(packet)
    if packet.proto ~= "tcp" then return end
    local flags = band(packet.flags, SYN + ACK)
    if flags ~= SYN and size == 0 then return end
    base = base or packet.tv_sec
    local now = (packet.tv_sec - base) * 1e9 + packet.tv_nsec
    local source = end_text(packet.sip, packet.sport)
    local destination = end_text(packet.dip, packet.dport)
    local there, back = source .. " => " .. destination, destination .. " => " .. source
    if flags == SYN and band(packet.flags, RST + FIN) == 0 then
        syn(there, now, packet)
    elseif attempts[back] then
        from_server(back, now, packet, attempts[back])
    elseif attempts[there] then
        from_client(there, now, packet, attempts[there])
    end
end

local function by_time(a, b)
    if a.when ~= b.when then return a.when < b.when end
    return a.ends < b.ends
end

function tick(now)
    if not base then return end
    now = (now - base) * 1e9
    local late = {}
    for ends, attempt in pairs(attempts) do
        local since = attempt.told and not attempt.answered and attempt.last + FORGET_S * 1e9
            or (attempt.answered or attempt.first) + UNANSWERED_S * 1e9
        if now >= since then late[#late + 1] = { ends = ends, attempt = attempt, when = since } end
    end
    table.sort(late, by_time)
    for _, each in ipairs(late) do
        local attempt = each.attempt
        if attempt.answered then
            tell_without_ack(each.ends, each.when, attempt)
            forget(each.ends)
        elseif attempt.told then
            forget(each.ends)
        else
            attempt.told = true
            tell(each.ends, each.when, format("unanswered %d.000 s", UNANSWERED_S), attempt)
        end
    end
end

function finish()
    print(format("# at the end %d attempts wait; attempts left out %d", size, left_out))
end
