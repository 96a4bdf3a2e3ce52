-- How long HTTP/1 requests took, from the packets alone.
--
--   tcpkit -i em1 -p 80,8080 -S scripts/http-requests.lua
--   tcpkit -r file.pcap -S scripts/http-requests.lua
--
-- A line for each request: local time of the reply's first packet, client, server, the time from
-- the request's last packet to the reply's first one, the request, the reply's status.
--
--   2018-11-16 18:38:36.873067 10.0.0.1:53499 => 10.0.0.2:80 | 11.204 ms | GET example.org/index.html | 200
--   2018-11-16 18:39:06.873067 10.0.0.1:53499 => 10.0.0.2:80 | timeout | GET example.org/report
--   2018-11-16 18:38:36.873067 10.0.0.1:53499 => 10.0.0.2:80 | aborted | GET example.org/report
--
-- A request is a packet that begins with one; its reply is what the server sends next, by the
-- numbers of TCP. At the end it says, in a line that begins with `#`, what it could not pair.
--
-- What it cannot know, since it does not put streams together: replies whose first packet was
-- lost or overtaken, requests pipelined one behind another (the connection is left alone from
-- there on), the method of a request that does not begin a packet, HTTP/2 and TLS.
-- `tcpkit -m http -S scripts/protocols/http.lua` reads whole streams.

local TIMEOUT_S = 30
local MAX_CONNECTIONS = 20000 -- with a request that waits; more are left out
local MAX_SHOWN = 128 -- characters of a request

local METHODS = {
    GET = true, HEAD = true, POST = true, PUT = true, DELETE = true, OPTIONS = true, PATCH = true,
    TRACE = true, CONNECT = true,
}

local FIN, RST = 1, 4
local band, date, find, floor = bit32.band, os.date, string.find, math.floor
local format, gsub, match, sub = string.format, string.gsub, string.match, string.sub

local connections, size = {}, 0 -- by their ends, client first
local base -- the first packet's second: what counts from it is exact in any Lua
local left_out, pipelined, unseen = 0, 0, 0

local function end_text(address, port)
    return find(address, ":", 1, true) and "[" .. address .. "]:" .. port or address .. ":" .. port
end

local function time_text(now)
    local sec = floor(now / 1e9)
    return format("%s.%06d", date("%Y-%m-%d %H:%M:%S", base + sec), floor((now - sec * 1e9) / 1000))
end

local function tell(ends, now, outcome, connection, status)
    print(time_text(now) .. " " .. ends .. " | " .. outcome .. " | " .. connection.request
        .. (status and " | " .. status or ""))
end

local function forget(ends)
    connections[ends] = nil
    size = size - 1
end

-- The numbers of TCP go round: whether `number` is `other` or behind it.
local function is_from(number, other)
    return (number - other) % 4294967296 < 2147483648
end

local function read_request(payload)
    local method, target = match(payload, "^(%u+) ([^ \r\n]+)")
    if not METHODS[method] then return nil end
    local host = sub(target, 1, 1) == "/" and match(payload, "\r\n[Hh]ost: *([^\r\n]+)") or ""
    local text = gsub(method .. " " .. host .. target, "[^ -~]", function(byte)
        return format("\\x%02x", byte:byte())
    end)
    return #text > MAX_SHOWN and sub(text, 1, MAX_SHOWN) .. "..." or text
end

local function begin(ends, now, packet, request)
    if not connections[ends] then
        if size >= MAX_CONNECTIONS then
            left_out = left_out + 1
            return
        end
        size = size + 1
    end
    connections[ends] = {
        request = request, first = packet.seq, behind = (packet.seq + packet.len) % 4294967296,
        reply = packet.ack, last = now, seen = now,
    }
end

local function from_client(ends, now, packet, connection)
    local request = read_request(packet.payload)
    if not connection then
        if request then begin(ends, now, packet, request) end
        return
    end
    connection.seen = now
    if connection.is_unclear or not is_from(packet.seq, connection.behind) then return end -- sent again
    if not request then
        -- more of the same request
        connection.last = now
        connection.behind = (packet.seq + packet.len) % 4294967296
    elseif packet.ack == connection.reply then
        pipelined = pipelined + 2
        connection.is_unclear = true
    else
        unseen = unseen + 1
        begin(ends, now, packet, request)
    end
end

local function from_server(ends, now, packet, connection)
    if connection.is_unclear or packet.seq ~= connection.reply then return end
    local status = match(packet.payload, "^HTTP/1%.%d (%d%d%d)")
    if status and status ~= "101" and sub(status, 1, 1) == "1" then
        -- 100 Continue and the like: the reply comes behind it
        connection.reply = (packet.seq + packet.len) % 4294967296
        return
    end
    -- what does not acknowledge the request cannot answer it
    if status and is_from(packet.ack, connection.first + 1) then
        tell(ends, now, format("%.3f ms", (now - connection.last) / 1e6), connection, status)
    else
        unseen = unseen + 1
    end
    forget(ends)
end

local function finish_connection(ends, now, connection)
    if not connection.is_unclear then tell(ends, now, "aborted", connection) end
    forget(ends)
end

function process(packet)
    if packet.proto ~= "tcp" then return end
    base = base or packet.tv_sec
    local ending = band(packet.flags, FIN + RST)
    if packet.size == 0 and (ending == 0 or size == 0) then return end
    local now = (packet.tv_sec - base) * 1e9 + packet.tv_nsec
    local source = end_text(packet.sip, packet.sport)
    local destination = end_text(packet.dip, packet.dport)
    local there, back = source .. " => " .. destination, destination .. " => " .. source
    local connection = connections[back]
    if packet.size > 0 then
        if connection then
            from_server(back, now, packet, connection)
        else
            from_client(there, now, packet, connections[there])
        end
    end
    if ending ~= 0 then
        -- a client that has sent FIN may still be answered
        local is_reset = band(ending, RST) ~= 0
        if connections[back] then
            finish_connection(back, now, connections[back])
        elseif connections[there] and is_reset then
            finish_connection(there, now, connections[there])
        end
    end
end

local function by_age(a, b)
    if a.connection.last ~= b.connection.last then return a.connection.last < b.connection.last end
    return a.ends < b.ends
end

function tick(now)
    if not base then return end
    local limit = (now - base - TIMEOUT_S) * 1e9
    local late = {}
    for ends, connection in pairs(connections) do
        if connection.last <= limit and (connection.seen <= limit or not connection.is_unclear) then
            late[#late + 1] = { ends = ends, connection = connection }
        end
    end
    table.sort(late, by_age)
    for _, each in ipairs(late) do
        if not each.connection.is_unclear then
            tell(each.ends, each.connection.last + TIMEOUT_S * 1e9, "timeout", each.connection)
        end
        forget(each.ends)
    end
end

function finish()
    print(format("# at the end %d connections wait; replies not seen %d, pipelined requests %d, left out %d",
        size, unseen, pipelined, left_out))
end
