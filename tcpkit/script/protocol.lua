-- The coroutines that read the connections of the protocols which a script defines.

local host = ...

-- What comes back from `feed`: one of these, plus 16 times a number, or BROKEN and a report.
local NOTHING, MESSAGE, PUSH = 1, 2, 3 -- the number: bytes of the chunk that are left
local SKIP = 4 -- bytes that are to be passed over
local FAILED, ENCRYPTED, BROKEN = 5, 6, 7
local FITS, MISFIT = 8, 9 -- a MESSAGE of which `matches` said whether it is that of the request that it was read for

local MAX_SIZE = 281474976710656 -- 2^48, as in stream.lua

local NO_FIELDS = {}

local type, rawget, floor, getmetatable = type, rawget, math.floor, getmetatable
local plain, text_of, id_of, special = host.plain, host.text_of, host.id_of, host.special
local yield, resume, create = coroutine.yield, host.resume, host.create
local stop, explain_thread, new_stream = host.stop, host.explain_thread, host.stream
local FAIL, IS_ENCRYPTED = host.FAIL, host.ENCRYPTED
local definitions = host.definitions

local connections = {}

-- Coroutines. Each yields what its function returned, message after message, or SKIP and a number.

local function read_requests(stream, definition)
    local request = definition.request
    while true do
        yield(MESSAGE, request(stream))
    end
end

-- The replies after the first one of several; told is the first error, else the first.
local function read_several(stream, connection, request, told)
    local reply = connection.definition.reply
    for _ = 2, request.replies do
        local more
        repeat
            more = reply(stream, request)
            if type(more) == "table" and more.push then
                connection.pushes = connection.pushes + 1
                more = nil
            end
        until more ~= nil
        if type(more) ~= "table" then
            return more -- refused by `feed_reply`
        end
        if told.status ~= "error" and more.status == "error" then
            told = more
        end
    end
    return told
end

local function read_replies(stream, definition, connection)
    local reply, matches = definition.reply, definition.matches
    local asked = connection.asked
    while true do
        local request = asked[connection.oldest]
        local told = reply(stream, request)
        if request and request.replies and not connection.is_datagram and type(told) == "table" and not told.push then
            told = read_several(stream, connection, request, told)
        end
        if matches and request and type(told) == "table" and not told.push and not told.id then
            yield(matches(request, told) and FITS or MISFIT, told)
        else
            yield(MESSAGE, told)
        end
    end
end

-- `is_datagram`: each direction is one message.
local function open(id, index, is_datagram)
    local state = {} -- the script's
    connections[id] = {
        definition = definitions[index], is_datagram = is_datagram, state = state,
        asked = {}, count = 0, first = 1, oldest = 0, pushes = 0,
        requests = new_stream(state), replies = new_stream(state),
        asking = 0, replying = 0, -- bytes of each direction that belong to no message yet
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
        connection.requests, connection.request_thread, connection.asking = stream, nil, 0
    else
        connection.replies, connection.reply_thread, connection.replying = stream, nil, 0
        connection.pushes = 0
    end
end

-- Requests before the number `oldest` do not wait any more.
local function forget(id, oldest)
    local connection = connections[id]
    local asked = connection.asked
    for number = connection.first, oldest - 1 do
        asked[number] = nil
    end
    connection.first = oldest
end

-- Nor does this one.
local function forget_one(id, number)
    connections[id].asked[number] = nil
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

local function faulty(connection, text)
    return BROKEN, connection.definition.name .. ": " .. text, false
end

-- How many bytes are to be passed over; nothing where more are wanted. A script may yield by itself.
local function skipped(connection, of, state, size)
    if state == SKIP and type(size) == "number" and size > 0 and size <= MAX_SIZE and size == floor(size) then
        connection[of] = connection[of] + 1 -- what is passed over is consumed
        return SKIP + 16 * size
    end
end

-- What is wrong with how much a coroutine left of the chunk: a script may have read half a byte.
local function amiss(rest)
    if not (rest >= 0 and rest <= MAX_SIZE and rest == floor(rest)) then
        return "a part of a byte was read"
    end
end

-- Let the coroutine read requests: nothing if it wants more bytes, else what stands above; of a request
-- that is special its facts as well. `chunk` is what has come; nil: it has enough. Each request gets a number, from 1 on.
local function feed_request(id, chunk)
    local connection = connections[id]
    local stream, thread = connection.requests, connection.request_thread
    if chunk then
        stream.chunk, stream.pos, stream.last = chunk, 1, #chunk
        connection.asking = connection.asking + #chunk
    end
    if not thread then
        thread = create(read_requests)
        connection.request_thread = thread
    end
    local ok, state, told = resume(thread, stream, connection.definition)
    if not ok then
        return problem(thread, state)
    end
    if state ~= MESSAGE then
        stream.chunk, stream.pos, stream.last = "", 1, 0
        return skipped(connection, "asking", state, told)
    end
    local rest = stream.last - stream.pos + 1
    if not (rest >= 0 and rest < connection.asking and rest % 1 == 0) then
        return faulty(connection, amiss(rest) or "request consumed nothing")
    end
    connection.asking = rest
    if rest == 0 then -- an idle connection is to hold no piece
        stream.chunk, stream.pos, stream.last = "", 1, 0
    end
    if told == nil then
        return NOTHING + 16 * rest
    end
    local fields = told
    if type(told) ~= "table" then
        fields = NO_FIELDS
    elseif getmetatable(told) ~= nil then
        fields = plain(told)
    end
    if type(fields.command) ~= "string" then
        return faulty(connection, "request must return nil or a table with `command`, a string")
    end
    local number = connection.count + 1
    if fields.replies or fields.flags or fields.id then
        local replies, flags, its_id = special(fields)
        if not replies then
            return faulty(connection, flags)
        end
        connection.count = number
        connection.asked[number] = told
        return MESSAGE + 16 * rest, replies, flags, its_id
    end
    connection.count = number
    connection.asked[number] = told
    return MESSAGE + 16 * rest
end

-- A whole reply: what is returned for it.
local function replied(connection, state, told, rest)
    if type(told) ~= "table" then
        return faulty(connection, "reply must return nil or a table")
    end
    connection.told = told
    local fields = told
    if getmetatable(told) ~= nil then
        fields = plain(told)
    end
    if fields.push then
        return PUSH + 16 * rest
    end
    local id, why = fields.id, nil
    if id ~= nil then
        id, why = id_of(id)
    end
    if why then
        return faulty(connection, why)
    end
    local pushes = connection.pushes
    if pushes > 0 then
        connection.pushes = 0
        return state + 16 * rest, id, pushes
    elseif id then
        return state + 16 * rest, id
    end
    return state + 16 * rest
end

-- Let the coroutine read replies, as above: an id and the pushes between several replies are what is special.
-- `oldest` is the number of the oldest request that waits, of the next one if none does; negative where it is not
-- known whose turn it is. A reply with an id tells it.
local function feed_reply(id, chunk, oldest)
    local connection = connections[id]
    local stream, thread = connection.replies, connection.reply_thread
    if chunk then
        stream.chunk, stream.pos, stream.last = chunk, 1, #chunk
        connection.replying = connection.replying + #chunk
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
    local ok, state, told = resume(thread, stream, connection.definition, connection)
    if not ok then
        return problem(thread, state)
    end
    if state ~= MESSAGE and state ~= FITS and state ~= MISFIT then
        stream.chunk, stream.pos, stream.last = "", 1, 0
        return skipped(connection, "replying", state, told)
    end
    local rest = stream.last - stream.pos + 1
    if not (rest >= 0 and rest < connection.replying and rest % 1 == 0) then
        if amiss(rest) then
            return faulty(connection, amiss(rest))
        elseif type(told) ~= "table" or plain(told).push or asked[connection.oldest] == nil then
            return faulty(connection, "reply consumed nothing, and answers nobody")
        end
    end
    connection.replying = rest
    if rest == 0 then
        stream.chunk, stream.pos, stream.last = "", 1, 0
    end
    if told == nil then
        return NOTHING + 16 * rest
    end
    return replied(connection, state, told, rest)
end

-- The command, the key and the text of a request that waits, or was the last one, and what is wrong with them.
local function request_text(id, number)
    local told = connections[id].asked[number]
    if told == nil then
        return "", nil, ""
    end
    local command, why = text_of(told, "command")
    local key, wrong_key = text_of(told, "key")
    local text, wrong_text = text_of(told, "request")
    command = command or ""
    return command, key, text or (key and command .. " " .. key) or command, why or wrong_key or wrong_text
end

-- Whether the reply just read is an error, its code, what is wrong with them, and its text.
local function reply_text(id)
    local told = connections[id].told
    local status = rawget(told, "status")
    local code, why = text_of(told, "code")
    if status ~= nil and status ~= "ok" and status ~= "error" then
        why = "`status` must be ok or error"
    end
    local text, wrong_text = text_of(told, "text")
    return status == "error", code, why or wrong_text, text
end

-- Whether the reply just read, by the connection `reader`, can be that of the request `number`, or, and why
-- not, a report.
local function matches(id, number, reader)
    local connection = connections[id]
    local fits
    local report, spent = host.guarded(function()
        fits = connection.definition.matches(connection.asked[number], connections[reader].told)
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

return host.describe, open, close, reset, forget, forget_one, feed_request, feed_reply, request_text, reply_text, matches, starts
