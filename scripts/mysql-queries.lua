-- How long MySQL and MariaDB queries took, from the packets alone.
--
--   tcpkit -i em1 -p 3306 -S scripts/mysql-queries.lua
--   tcpkit -r file.pcap -S scripts/mysql-queries.lua
--
-- A line for each query: local time of the reply's first packet, client, server, the time from
-- the query's last packet to the reply's first one, the query, ok or the error's number. Without
-- -p the port is 3306.
--
--   2018-11-16 18:38:36.873067 10.0.0.1:53499 => 10.0.0.2:3306 | 11.204 ms | select 1 | ok
--   2018-11-16 18:38:36.873067 10.0.0.1:53499 => 10.0.0.2:3306 | 0.204 ms | EXECUTE select ? | error 1146
--   2018-11-16 18:39:06.873067 10.0.0.1:53499 => 10.0.0.2:3306 | timeout | select sleep(100)
--   2018-11-16 18:39:06.873067 10.0.0.1:53499 => 10.0.0.2:3306 | aborted | shutdown
--
-- A statement that speaks of a password is cut at its first quote. At the end it says, in a line
-- that begins with `#`, what it could not pair.
--
-- What it cannot know, since it does not put streams together: replies whose first packet was lost or
-- overtaken, an error in the middle of a result, commands pipelined one behind another (the connection
-- is left alone from there on), the statement of EXECUTE where its PREPARE was not seen, TLS (counted
-- as encrypted) and the compressed protocol.
-- `tcpkit -m mysql -S scripts/protocols/mysql.lua` reads whole streams.

local TIMEOUT_S = 60
local MAX_CONNECTIONS = 20000 -- more are left out
local IDLE_S = 3600 -- after which a connection is forgotten
local MAX_PREPARED = 200 -- statements kept for a connection
local MAX_SHOWN = 128 -- characters of a query

local QUERY, PREPARE, EXECUTE = 3, 22, 23
local COMMANDS = {
    [2] = "INIT_DB", [4] = "FIELD_LIST", [9] = "STATISTICS", [14] = "PING", [17] = "CHANGE_USER",
    [26] = "STMT_RESET", [27] = "SET_OPTION", [28] = "STMT_FETCH", [31] = "RESET_CONNECTION",
}
local WITHOUT_REPLY = { [1] = true, [24] = true, [25] = true } -- QUIT, STMT_SEND_LONG_DATA, STMT_CLOSE

local FIN, RST = 1, 4
local band, date, find, floor = bit32.band, os.date, string.find, math.floor
local byte, format, gsub, sub = string.byte, string.format, string.gsub, string.sub

local ports = { [3306] = true }
local connections, size = {}, 0 -- by their ends, client first
local base -- the first packet's second: what counts from it is exact in any Lua
local left_out, pipelined, unseen, encrypted = 0, 0, 0, 0

function init(config)
    if #config.ports > 0 then ports = {} end
    for _, port in ipairs(config.ports) do ports[port] = true end
end

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

local function escape(character)
    return format("\\x%02x", byte(character))
end

local function shown(statement)
    local upper = statement:upper()
    if find(upper, "PASSWORD", 1, true) or find(upper, "IDENTIFIED", 1, true) then
        statement = gsub(statement, "['\"].*$", "***")
    end
    local text = gsub(sub(statement, 1, MAX_SHOWN + 1), "[^ -~]", escape)
    return #text > MAX_SHOWN and sub(text, 1, MAX_SHOWN) .. "..." or text
end

local function forget(ends)
    connections[ends] = nil
    size = size - 1
end

-- The numbers of TCP go round: whether `number` is `other` or behind it.
local function is_from(number, other)
    return (number - other) % 4294967296 < 2147483648
end

-- What the command whose payload begins at `at` asks.
local function read_command(payload, at, length, connection)
    local command = byte(payload, at)
    local rest = sub(payload, at + 1, at + length - 1)
    if command == QUERY then return shown(rest) end
    if command == PREPARE then
        connection.preparing = shown(rest)
        return "PREPARE " .. connection.preparing
    end
    if command == EXECUTE then
        local known = connection.prepared[sub(rest, 1, 4)]
        return known and "EXECUTE " .. known or "EXECUTE"
    end
    return COMMANDS[command] or "COMMAND " .. command
end

-- The command in a packet of the client's, behind those that get no reply; nil if there is none.
local function find_command(packet, connection)
    local payload, at = packet.payload, 1
    while at + 4 <= packet.size do
        local low, middle, high, number, command = byte(payload, at, at + 4)
        local length = low + 256 * middle + 65536 * high
        if number ~= 0 or length == 0 or command > 31 then return nil end
        if not WITHOUT_REPLY[command] then
            connection.preparing = nil
            return read_command(payload, at + 4, length, connection), at - 1 + 4 + length
        end
        at = at + 4 + length
    end
    return nil
end

local function looks_encrypted(payload)
    local kind, major, minor, high, low = byte(payload, 1, 5)
    return low and kind >= 20 and kind <= 23 and major == 3 and minor <= 4 and high * 256 + low <= 18432
end

local function connection_of(ends)
    local connection = connections[ends]
    if connection then return connection end
    if size >= MAX_CONNECTIONS then
        left_out = left_out + 1
        return nil
    end
    connection = { prepared = {}, prepared_size = 0 }
    connections[ends] = connection
    size = size + 1
    return connection
end

local function from_client(ends, now, packet)
    local connection = connection_of(ends)
    if not connection then return end
    connection.seen = now
    if connection.is_left_alone then return end
    if connection.request then
        local behind = (packet.seq - connection.stop) % 4294967296
        if behind >= 2147483648 then
            -- more of the same command, or sent again
            if is_from(packet.seq, connection.last_seq + 1) then
                connection.last, connection.last_seq = now, packet.seq
            end
        elseif find_command(packet, { prepared = connection.prepared }) then
            if packet.ack == connection.reply then
                pipelined = pipelined + 2
                connection.is_left_alone = true
            else
                unseen = unseen + 1
                connection.request = nil
            end
        end
    end
    if connection.request or connection.is_left_alone then return end
    if looks_encrypted(packet.payload) then
        encrypted = encrypted + 1
        connection.is_left_alone = true
        return
    end
    local request, length = find_command(packet, connection)
    if request then
        connection.request = request
        connection.stop = (packet.seq + length) % 4294967296
        connection.reply, connection.last, connection.last_seq = packet.ack, now, packet.seq
    end
end

local function remember_prepared(connection, payload)
    if connection.prepared_size >= MAX_PREPARED then
        connection.prepared, connection.prepared_size = {}, 0
    end
    connection.prepared[sub(payload, 6, 9)] = connection.preparing
    connection.prepared_size = connection.prepared_size + 1
end

local function from_server(ends, now, packet, connection)
    connection.seen = now
    if connection.is_left_alone or not connection.request or packet.seq ~= connection.reply then return end
    local _, _, _, number, kind, low, high = byte(packet.payload, 1, 7)
    -- what does not acknowledge the command cannot answer it
    if kind and number == 1 and is_from(packet.ack, connection.last_seq + 1) then
        local status = kind == 255 and high and "error " .. low + 256 * high or "ok"
        tell(ends, now, format("%.3f ms", (now - connection.last) / 1e6), connection, status)
        if connection.preparing and kind == 0 then remember_prepared(connection, packet.payload) end
    else
        unseen = unseen + 1
    end
    connection.request = nil
end

function process(packet)
    if packet.proto ~= "tcp" then return end
    local is_there, is_back = ports[packet.dport], ports[packet.sport]
    if not is_there and not is_back then return end
    base = base or packet.tv_sec
    local now = (packet.tv_sec - base) * 1e9 + packet.tv_nsec
    local source = end_text(packet.sip, packet.sport)
    local destination = end_text(packet.dip, packet.dport)
    local ends = is_there and source .. " => " .. destination or destination .. " => " .. source
    if packet.size > 0 and is_there then
        from_client(ends, now, packet)
    elseif packet.size > 0 and connections[ends] then
        from_server(ends, now, packet, connections[ends])
    end
    local connection = connections[ends]
    if connection and band(packet.flags, FIN + RST) ~= 0 then
        if connection.request and not connection.is_left_alone then tell(ends, now, "aborted", connection) end
        forget(ends)
    end
end

local function by_age(a, b)
    if a.connection.seen ~= b.connection.seen then return a.connection.seen < b.connection.seen end
    return a.ends < b.ends
end

function tick(now)
    if not base then return end
    now = (now - base) * 1e9
    local late = {}
    for ends, connection in pairs(connections) do
        local waits_since = connection.request and not connection.is_left_alone and connection.last
        if now - connection.seen >= IDLE_S * 1e9
            or waits_since and now - waits_since >= TIMEOUT_S * 1e9 then
            late[#late + 1] = { ends = ends, connection = connection }
        end
    end
    table.sort(late, by_age)
    for _, each in ipairs(late) do
        local connection = each.connection
        if connection.request and not connection.is_left_alone then
            tell(each.ends, connection.last + TIMEOUT_S * 1e9, "timeout", connection)
            connection.request = nil
        end
        if now - connection.seen >= IDLE_S * 1e9 then forget(each.ends) end
    end
end

function finish()
    local waiting = 0
    for _, connection in pairs(connections) do
        if connection.request and not connection.is_left_alone then waiting = waiting + 1 end
    end
    print(format("# at the end %d queries wait; replies not seen %d, pipelined commands %d, "
        .. "encrypted connections %d, left out %d", waiting, unseen, pipelined, encrypted, left_out))
end
