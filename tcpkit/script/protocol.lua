-- `tcpkit.protocol`: what a script defines, and the coroutines that read its connections.

local host = ...

-- What comes back from `feed`: one of these, plus 16 times a number, or BROKEN and a report.
local NOTHING, MESSAGE, PUSH = 1, 2, 3 -- the number: bytes of the chunk that are left
local SKIP = 4 -- bytes that are to be passed over
local FAILED, ENCRYPTED, BROKEN = 5, 6, 7

local MAX_TEXT = 512 -- bytes of a text that are handed over
local MAX_ID = 256
local NAME = "^[a-z][a-z0-9_-]*$"
local TRANSPORTS = { tcp = true, udp = true, both = true }

local type, tostring, error, pairs, ipairs, floor = type, tostring, error, pairs, ipairs, math.floor
local sub, concat, yield, resume, create = string.sub, table.concat, coroutine.yield, host.resume, host.create
local stop, explain_thread, new_stream = host.stop, host.explain_thread, host.stream
local FAIL, IS_ENCRYPTED = host.FAIL, host.ENCRYPTED

local definitions = {}
local connections = {}

local function refuse(what)
    error("tcpkit.protocol: " .. what, 3)
end

local function checked_ports(definition)
    local ports = definition.ports or { definition.port }
    if type(ports) ~= "table" or #ports == 0 then
        refuse("`port`, a number, or `ports`, a list, is needed")
    end
    for _, port in ipairs(ports) do
        if type(port) ~= "number" or port ~= floor(port) or port < 1 or port > 65535 then
            refuse("a port is a number from 1 to 65535, not " .. tostring(port))
        end
    end
    return ports
end

tcpkit = {}

function tcpkit.protocol(definition)
    if type(definition) ~= "table" then
        error("tcpkit.protocol takes a table", 2)
    end
    local name = definition.name
    if type(name) ~= "string" or not name:find(NAME) or #name > 32 then
        refuse("`name` is the mode's: small letters, digits, - and _, not " .. tostring(name))
    end
    for _, other in ipairs(definitions) do
        if other.name == name then
            refuse(name .. " is defined already")
        end
    end
    local transport = definition.transport or "tcp"
    if not TRANSPORTS[transport] then
        refuse("`transport` is tcp, udp or both, not " .. tostring(transport))
    end
    for _, key in ipairs({ "request", "reply" }) do
        if type(definition[key]) ~= "function" then
            refuse("`" .. key .. "` is a function(stream)")
        end
    end
    for _, key in ipairs({ "starts", "matches" }) do
        if definition[key] ~= nil and type(definition[key]) ~= "function" then
            refuse("`" .. key .. "` is a function")
        end
    end
    definitions[#definitions + 1] = {
        name = name, ports = checked_ports(definition), transport = transport,
        request = definition.request, reply = definition.reply,
        starts = definition.starts, matches = definition.matches,
    }
end

-- Name, ports, transport, and which functions there are of the `index`th definition; nothing behind the last.
local function describe(index)
    local definition = definitions[index]
    if definition then
        local ports = {}
        for i, port in ipairs(definition.ports) do
            ports[i] = tostring(floor(port))
        end
        return definition.name, concat(ports, "\1"), definition.transport,
            definition.starts ~= nil, definition.matches ~= nil
    end
end

-- Coroutines. Each yields what its function returned, message after message, or SKIP and a number.

local function read_requests(stream, definition)
    local request = definition.request
    while true do
        yield(MESSAGE, request(stream))
    end
end

local function read_several(stream, reply, request, told)
    for _ = 2, request.replies do
        local more
        repeat
            more = reply(stream, request)
        until more and not more.push
        if told.status ~= "error" and more.status == "error" then
            told = more
        end
    end
    return told
end

local function read_replies(stream, definition, connection)
    local reply = definition.reply
    local asked = connection.asked
    while true do
        local request = asked[connection.oldest]
        local told = reply(stream, request)
        if request and request.replies and told and not told.push then
            told = read_several(stream, reply, request, told)
        end
        yield(MESSAGE, told)
    end
end

local function open(id, index)
    local state = {} -- the script's
    connections[id] = {
        definition = definitions[index], state = state, asked = {}, count = 0, first = 1, oldest = 0,
        requests = new_stream(state), replies = new_stream(state),
    }
end

local function close(id)
    connections[id] = nil
end

-- Bytes are missing: begin a direction anew.
local function reset(id, of_client)
    local connection = connections[id]
    local state = connection.state
    state.lost = true
    local stream = new_stream(state)
    stream.whole = false
    connection.requests.whole, connection.replies.whole = false, false
    if of_client then
        connection.requests, connection.request_thread = stream, nil
    else
        connection.replies, connection.reply_thread = stream, nil
    end
end

local function problem(thread, what)
    if what == FAIL then
        return FAILED
    elseif what == IS_ENCRYPTED then
        return ENCRYPTED
    end
    local spent = stop()
    return BROKEN, explain_thread(thread, what), spent
end

-- More bytes are wanted, or some are to be passed over.
local function go_over(stream, state, size)
    if state == SKIP then
        stream.fed = stream.fed + 1 -- a message that begins so consumes something
        return SKIP + 16 * size
    end
end

local function faulty(text)
    return BROKEN, text, false
end

local function text_or_nil(value, most)
    if value == nil then
        return nil
    end
    value = tostring(value)
    return #value > most and sub(value, 1, most) or value
end

-- What is special about a request: how many replies it gets, flags, an id.
local function special(code, told)
    return code, told.replies or 1, told.flags and concat(told.flags, "\1"), text_or_nil(told.id, MAX_ID)
end

-- Let the coroutine read requests: nothing if it wants more bytes, else what stands above; of a request
-- that is special its facts as well. `chunk` is what has come; nil: it has enough. Each request gets a number, from 1 on.
local function feed_request(id, chunk)
    local connection = connections[id]
    local stream, thread = connection.requests, connection.request_thread
    local definition = connection.definition
    if chunk then
        stream.chunk, stream.pos, stream.last = chunk, 1, #chunk
        stream.fed = stream.fed + #chunk
    end
    if not thread then
        thread = create(read_requests)
        connection.request_thread = thread
    end
    local ok, state, told = resume(thread, stream, definition, connection)
    if not ok then
        return problem(thread, state)
    end
    if state ~= MESSAGE then
        return go_over(stream, state, told)
    end
    local rest = stream.last - stream.pos + 1
    if stream.fed == rest then
        return faulty(definition.name .. ": request consumed nothing")
    end
    stream.fed = rest
    if told == nil then
        return NOTHING + 16 * rest
    end
    if type(told) ~= "table" or told.command == nil then
        return faulty(definition.name .. ": request must return nil or a table with `command`")
    end
    local number = connection.count + 1
    connection.count = number
    connection.asked[number] = told
    if told.replies or told.flags or told.id then
        return special(MESSAGE + 16 * rest, told)
    end
    return MESSAGE + 16 * rest
end

-- Let the coroutine read replies, as above. `oldest` is the number of the oldest request that waits, of the
-- next one if none does; negative where it is not known whose turn it is. A reply with an id tells it.
local function feed_reply(id, chunk, oldest)
    local connection = connections[id]
    local stream, thread = connection.replies, connection.reply_thread
    local definition = connection.definition
    if chunk then
        stream.chunk, stream.pos, stream.last = chunk, 1, #chunk
        stream.fed = stream.fed + #chunk
    end
    connection.oldest = oldest
    if oldest < 0 then
        oldest = -oldest
    end
    local asked = connection.asked
    for number = connection.first, oldest - 1 do
        asked[number] = nil
    end
    connection.first = oldest
    if not thread then
        thread = create(read_replies)
        connection.reply_thread = thread
    end
    local ok, state, told = resume(thread, stream, definition, connection)
    if not ok then
        return problem(thread, state)
    end
    if state ~= MESSAGE then
        return go_over(stream, state, told)
    end
    local rest = stream.last - stream.pos + 1
    if stream.fed == rest and (type(told) ~= "table" or told.push or asked[connection.oldest] == nil) then
        return faulty(definition.name .. ": reply consumed nothing, and answers nobody")
    end
    stream.fed = rest
    connection.told = told
    if told == nil then
        return NOTHING + 16 * rest
    end
    if type(told) ~= "table" then
        return faulty(definition.name .. ": reply must return nil or a table")
    end
    if told.push then
        return PUSH + 16 * rest
    end
    if told.id then
        return MESSAGE + 16 * rest, text_or_nil(told.id, MAX_ID)
    end
    return MESSAGE + 16 * rest
end

-- The command, the key and the text of a request that waits, or was the last one.
local function request_text(id, number)
    local told = connections[id].asked[number]
    if told == nil then
        return "", nil, ""
    end
    local command, key = text_or_nil(told.command, MAX_TEXT), text_or_nil(told.key, MAX_TEXT)
    local text = text_or_nil(told.request, MAX_TEXT)
    return command, key, text or (key and command .. " " .. key) or command
end

-- Whether the reply just read is an error, and its code.
local function reply_text(id)
    local told = connections[id].told
    return told.status == "error", text_or_nil(told.code, MAX_TEXT)
end

-- Whether the reply just read can be that of the request `number`, or, and why not, a report.
local function matches(id, number)
    local connection = connections[id]
    local fits
    local report, spent = host.guarded(function()
        fits = connection.definition.matches(connection.asked[number], connection.told)
    end)
    if report then
        return report, spent
    end
    return fits and true or false
end

-- Whether a piece begins with a message.
local function starts(index, bytes, of_client)
    local fits
    local report, spent = host.guarded(function()
        fits = definitions[index].starts(bytes, of_client)
    end)
    if report then
        return report, spent
    end
    return fits and true or false
end

return describe, open, close, reset, feed_request, feed_reply, request_text, reply_text, matches, starts
