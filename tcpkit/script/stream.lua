-- The stream that a protocol's functions read: one direction of a connection, or one datagram.
-- A method that lacks bytes yields; what arrives is put into `chunk`, of which `pos` to `last` is not consumed.

local host = ...

local yield = coroutine.yield
local sub, byte, find, concat = string.sub, string.byte, string.find, table.concat
local floor, type, error, setmetatable = math.floor, type, error, setmetatable

local SKIP = 4 -- what is yielded: so many bytes are not wanted; see protocol.lua
local MAX_READ = 1048576 -- bytes that `read` joins; longer values are to be skipped
local MAX_SKIP = 281474976710656 -- 2^48, a length that no value has
local MAX_PEEK = 65536
local MAX_LINE = 65536 -- unless the script says another one, up to MAX_READ

local FAIL, ENCRYPTED = {}, {} -- raised: caught by protocol.lua
host.FAIL, host.ENCRYPTED = FAIL, ENCRYPTED

local Stream = {}
Stream.__index = Stream

function host.stream(connection)
    return setmetatable({ chunk = "", pos = 1, last = 0, connection = connection, whole = true }, Stream)
end

local function size(n, most, what)
    if type(n) ~= "number" or n ~= floor(n) or n < 0 then
        error(what .. " takes a whole number, not " .. tostring(n), 3)
    end
    if n > most then
        error(what .. " takes " .. most .. " bytes at most, not " .. n, 3)
    end
end

-- Consume `n` bytes of which not all are there.
local function read_on(self, n)
    local parts = { sub(self.chunk, self.pos, self.last) }
    local missing = n - #parts[1]
    repeat
        self.pos = self.last + 1
        yield()
        local part = sub(self.chunk, self.pos, self.pos + missing - 1)
        parts[#parts + 1] = part
        missing = missing - #part
        self.pos = self.pos + #part
    until missing == 0
    return concat(parts)
end

function Stream:read(n)
    local pos = self.pos
    local stop = pos + n
    if stop - 1 <= self.last and n >= 0 and n <= MAX_READ then
        self.pos = stop
        return sub(self.chunk, pos, stop - 1)
    end
    size(n, MAX_READ, "stream:read")
    return read_on(self, n)
end

-- See that `n` bytes are there.
local function want(self, n)
    local parts = { sub(self.chunk, self.pos, self.last) }
    local have = #parts[1]
    repeat
        self.pos = self.last + 1
        yield()
        local part = sub(self.chunk, self.pos, self.last)
        parts[#parts + 1] = part
        have = have + #part
    until have >= n
    self.chunk = concat(parts)
    self.pos, self.last = 1, have
end

function Stream:peek(n)
    if self.pos + n - 1 > self.last then
        size(n, MAX_PEEK, "stream:peek")
        want(self, n)
    end
    return sub(self.chunk, self.pos, self.pos + n - 1)
end

function Stream:skip(n)
    local there = self.last - self.pos + 1
    if n <= there and n >= 0 then
        self.pos = self.pos + n
        return
    end
    size(n, MAX_SKIP, "stream:skip")
    self.pos = self.last + 1
    yield(SKIP, n - there)
end

-- Never waits, and consumes nothing: how many of the bytes that are there the pattern, which should begin
-- with ^, takes from the next byte on, and its captures, eight at most; nil if it does not fit.
function Stream:match(pattern)
    local first, last, a, b, c, d, e, f, g, h = find(self.chunk, pattern, self.pos)
    if first then
        return last - first + 1, a, b, c, d, e, f, g, h
    end
end

function Stream:line(limit)
    local chunk, pos = self.chunk, self.pos
    local stop = find(chunk, "\n", pos, true)
    if stop and stop - pos <= (limit or MAX_LINE) then
        self.pos = stop + 1
        if stop > pos and byte(chunk, stop - 1) == 13 then
            return sub(chunk, pos, stop - 2)
        end
        return sub(chunk, pos, stop - 1)
    end
    limit = limit or MAX_LINE
    size(limit, MAX_READ, "stream:line")
    local parts, have = {}, 0
    while not stop do
        parts[#parts + 1] = sub(self.chunk, self.pos, self.last)
        have = have + #parts[#parts]
        if have > limit then
            self:fail("a line is longer than " .. limit .. " bytes")
        end
        self.pos = self.last + 1
        yield()
        stop = find(self.chunk, "\n", self.pos, true)
    end
    parts[#parts + 1] = sub(self.chunk, self.pos, stop - 1)
    self.pos = stop + 1
    local line = concat(parts)
    if #line > limit then
        self:fail("a line is longer than " .. limit .. " bytes")
    end
    if byte(line, -1) == 13 then
        return sub(line, 1, -2)
    end
    return line
end

function Stream:number(n, order)
    size(n, 6, "stream:number")
    if self.pos + n - 1 > self.last then
        want(self, n)
    end
    local chunk, pos = self.chunk, self.pos
    local value = 0
    if order == "little" then
        for i = pos + n - 1, pos, -1 do
            value = value * 256 + byte(chunk, i)
        end
    else
        for i = pos, pos + n - 1 do
            value = value * 256 + byte(chunk, i)
        end
    end
    self.pos = pos + n
    return value
end

function Stream:fail(text)
    error(FAIL, 0)
end

function Stream:encrypted()
    error(ENCRYPTED, 0)
end
