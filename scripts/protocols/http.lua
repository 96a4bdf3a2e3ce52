-- HTTP/1.1 and HTTP/1.0: how long each request waited for the first byte of its reply.
--
--     tcpkit -i em1 -m http -S scripts/protocols/http.lua -t 100
--     tcpkit -r file.pcap -m http -S scripts/protocols/http.lua -p 80,8000 -j
--
--     ... | 104.310 ms | GET www.example.com/search?q=lua&token=***
--
-- command  the method
-- key      host and path, without the query
-- request  method, host, path and query
-- code     the status code, "200"
-- status   "error" for 5xx: the server failed. A 4xx is an answer, as NXDOMAIN is one: 404 and 401 are everyday
--          life and say that the client should ask for something else. The code tells them apart.
--
-- Pipelines, chunked bodies with trailers both ways, HEAD, 204, 304, absolute URIs and blank lines between requests
-- are read. 1xx is no reply: with "Expect: 100-continue" the latency runs from the end of the body.
--
-- Secrets: header fields are never shown. User and password in a URI, and the values of query parameters that are
-- named like a password, a token or a signature, are ***. A secret in a path cannot be known and is shown.
--
-- What it does not do:
-- - A reply without a length ends with its connection. It is logged when its header is read, so `reply_bytes` and
--   `reply_last_ns` are those of the header; the body is passed over.
-- - A reply that comes before its request has ended (413 to an upload) has no latency: the request is logged as
--   `silent`, the reply is passed over.
-- - What follows a 101, or a CONNECT that was granted, is not HTTP: the connection is counted as `encrypted` and left
--   alone. So is TLS. HTTP/2 and HTTP/3 are not read.

local MAX_FIELDS = 256 -- a header with more is not taken for HTTP
local MAX_VALUE = 512 -- bytes of a field's value that are looked at
local MAX_TEXT = 512 -- bytes of a request's text that are handed on
local MAX_DIGITS = 11 -- of a chunk's size: less than 2^44
local MAX_SIZE = 14 -- digits of a Content-Length: less than 2^47
local FOREVER = 2 ^ 47 -- more bytes than a connection has

local METHODS = {} -- with which a request is taken to begin where it is not known that one does
for method in ([[GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH
    PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT SEARCH PURGE]]):gmatch("%u+") do
    METHODS[method] = true
end
local NO_BODY = { ["204"] = true, ["304"] = true }
local SECRET = { "passw", "pwd", "secret", "token", "apikey", "api_key", "api-key", "signature", "credential" }
local WANTED = {
    ["host"] = true,
    ["content-length"] = true,
    ["transfer-encoding"] = true,
}

-- The fields of a header or trailer that matter here, by their names in lower case.
local function read_fields(stream)
    local fields = {}
    for _ = 1, MAX_FIELDS do
        local line = stream:line()
        if line == "" then
            return fields
        end
        local colon = line:find(":", 1, true)
        if colon then
            local name = line:sub(1, colon - 1):lower()
            if WANTED[name] then
                local value = line:sub(colon + 1, colon + MAX_VALUE)
                if name == "content-length" and fields[name] and fields[name] ~= value then
                    stream:fail("two different lengths")
                end
                fields[name] = value
            end
        elseif not line:find("^[ \t]") then -- a folded line goes on with the field before
            stream:fail("a header field without a colon")
        end
    end
    stream:fail("too many header fields")
end

-- Whether the body comes in chunks; nil if the last transfer coding is another one.
local function is_chunked(fields)
    local codings = fields["transfer-encoding"]
    return codings and codings:lower():find("chunked%s*$") ~= nil
end

local function read_chunks(stream)
    while true do
        local digits = stream:line():match("^0*(%x+)")
        if not digits or #digits > MAX_DIGITS then
            stream:fail("a chunk without a size")
        end
        local size = tonumber(digits, 16)
        if size == 0 then
            break
        end
        stream:skip(size)
        if stream:line() ~= "" then
            stream:fail("a chunk that does not end")
        end
    end
    read_fields(stream)
end

-- The body's size in bytes; nil if the header does not tell.
local function body_size(stream, fields)
    local value = fields["content-length"]
    if not value then
        return nil
    end
    local digits = value:match("^%s*(%d+)%s*$")
    if not digits or #digits > MAX_SIZE then
        stream:fail("a length that is no number")
    end
    return tonumber(digits)
end

local function skip(stream, size)
    if size > 0 then
        stream:skip(size)
    end
end

local function is_secret(name)
    name = name:lower()
    for _, word in ipairs(SECRET) do
        if name:find(word, 1, true) then
            return true
        end
    end
    return false
end

local function mask_parameter(mark, name, value)
    if value ~= "" and is_secret(name) then
        value = "***"
    end
    return mark .. name .. "=" .. value
end

-- A path and its query without secrets, those of a URI inside them too, which may be written with %3A%2F%2F and %40.
local function without_secrets(path)
    path = path:gsub("://[^/?#&]*@", "://***@")
    path = path:gsub("(%%3[Aa]%%2[Ff]%%2[Ff])[^/?#&]*(%%40)", "%1***%2")
    return (path:gsub("([?&;])([^?&;=]*)=([^&;#]*)", mask_parameter))
end

-- Host, path with query, and what stands for a user in the URI.
local function parts_of(method, target, host)
    if method == "CONNECT" then
        return target, "", ""
    end
    local authority, rest = target:match("^%a[%w+.-]*://([^/?#]*)(.*)$")
    if not authority then
        return host, without_secrets(target), ""
    end
    local name = authority:match("@([^@]*)$")
    return name or authority, without_secrets(rest == "" and "/" or rest), name and "***@" or ""
end

local function describe(method, target, fields)
    local host, path, user = parts_of(method, target, (fields["host"] or ""):match("^%s*(%S*)"))
    local place = host .. path:match("^[^?#]*")
    if path == "*" then -- OPTIONS *
        path, place = host ~= "" and " *" or "*", host
    end
    return {
        command = method,
        key = place:sub(1, MAX_TEXT),
        request = (method .. " " .. user .. host .. path):sub(1, MAX_TEXT),
    }
end

-- What is known of a request in the middle of its body does not outlive a loss.
local function forget_if_lost(connection)
    if connection.lost then
        connection.lost = nil
        connection.sending = nil
        connection.answered = nil
    end
end

local function read_request(stream)
    local connection = stream.connection
    if connection.tunnel or stream:peek(1) == "\22" then
        stream:encrypted()
    end
    forget_if_lost(connection)
    local line = stream:line()
    if line == "" then
        return nil -- some clients send an end of line behind a body
    end
    local method, target = line:match("^([%w_-]+) (%S+) HTTP/1%.%d$")
    if not method then
        stream:fail("no request of HTTP/1")
    end
    local fields = read_fields(stream)
    local request = describe(method, target, fields)
    connection.sending, connection.answered = request, nil
    if is_chunked(fields) then
        read_chunks(stream)
    elseif fields["transfer-encoding"] then
        stream:fail("a request whose end is not known")
    else
        skip(stream, body_size(stream, fields) or 0)
    end
    connection.sending = nil
    if connection.answered then
        connection.answered = nil
        request.replies = 0
    end
    return request
end

-- Reads the body. Returns whether it ends with the connection only.
local function read_body(stream, fields, method, code)
    if method == "HEAD" or NO_BODY[code] then
        return false
    elseif is_chunked(fields) then
        read_chunks(stream)
        return false
    end
    local size = not fields["transfer-encoding"] and body_size(stream, fields)
    if not size then
        return true
    end
    -- whose reply it is may not be known: that to a HEAD has a length and no body
    local first = math.min(size, 5)
    if first > 0 and not method and stream:peek(first) == ("HTTP/"):sub(1, first) then
        return false
    end
    skip(stream, size)
    return false
end

local function read_reply(stream, request)
    local connection = stream.connection
    if connection.tunnel then
        stream:encrypted()
    elseif connection.until_close then
        stream:skip(FOREVER)
    end
    forget_if_lost(connection)
    local code = stream:line():match("^HTTP/1%.%d (%d%d%d)")
    if not code then
        stream:fail("no reply of HTTP/1")
    end
    local fields = read_fields(stream)
    if code == "101" then
        connection.tunnel = true
        return { code = code }
    elseif code:sub(1, 1) == "1" then
        return nil
    end
    local early = not request and stream.whole and connection.sending
    if early then
        connection.answered = true
    end
    local asked = request or early
    local method = asked and asked.command
    if method == "CONNECT" and code:sub(1, 1) == "2" then
        connection.tunnel = true
    else
        connection.until_close = read_body(stream, fields, method, code)
    end
    if early then
        return nil
    end
    return {
        status = code:sub(1, 1) == "5" and "error" or "ok",
        code = code,
        push = code == "408" and not request and stream.whole or nil, -- an idle connection is closed
    }
end

tcpkit.protocol({
    name = "http",
    ports = { 80, 8080 },
    request = read_request,
    reply = read_reply,
    starts = function(bytes, from_client)
        if not from_client then
            return bytes:find("^HTTP/1%.%d %d%d%d") ~= nil
        end
        local method, target = bytes:match("^(%u+) (%S+)")
        return METHODS[method] and (target:find("^[/*]") or target:find("^[%w+.-]+:")) ~= nil
    end,
})
