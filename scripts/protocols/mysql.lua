-- The MySQL and MariaDB client protocol: how long each statement took until the first byte of its reply.
--
--     tcpkit -i em1 -m mysql -S scripts/protocols/mysql.lua -t 50
--     tcpkit -r file.pcap -m mysql -S scripts/protocols/mysql.lua -p 3306,3307 -j
--
--     ... | 51.094 ms | SELECT name FROM users WHERE id = ?
--
-- command  the statement's first word (SELECT, INSERT, ...), also when a prepared statement is executed; for all else
--          the protocol's name of the command without COM_: PING, INIT_DB, STMT_PREPARE, STMT_CLOSE; CONNECT is a login
-- key      INIT_DB, CONNECT, CHANGE_USER: the database
-- request  the statement on one line
-- code     the number of an error: "1064"
--
-- Several statements in one request are one exchange, with one error if one of them failed. LOAD DATA LOCAL,
-- cursors, packets of 16 MiB and more, MariaDB's progress reports and bulk execution, and a replica's link are read.
-- The latency of a login runs from the client's answer to the greeting to the server's verdict, with all that the two
-- exchange between. STMT_CLOSE, STMT_SEND_LONG_DATA and QUIT have no reply: `silent`.
--
-- Secrets: in a statement with a word like PASSWORD, IDENTIFIED or ENCRYPT everything from the first quotation mark
-- behind that word to the last one is ***. Parameters of prepared statements and what proves a login are never shown.
-- A secret that no such word goes with is shown: INSERT INTO users VALUES ('ann', 'her secret').
--
-- What it does not do:
-- - TLS, and compression once the login has agreed on it: the connection is counted as `encrypted` and left alone.
-- - A query with attributes (mysql_bind_param of MySQL 8) is logged as QUERY, without its text.
-- - A statement that was prepared before the capture began is logged as STMT_EXECUTE with its number. On such a
--   connection a STMT_PREPARE is not paired before a result has shown whether the client still wants EOFs.
-- - A connection that is refused before it is greeted (too many connections) has no request: a push is counted.
-- - Clients older than protocol 4.1 (2004).

local MAX_SQL = 1024 -- bytes of a statement that are looked at
local MAX_TEXT = 256 -- bytes of a statement that are handed on
local MAX_GREETING = 1024 -- bytes
local MAX_LOGIN = 1024 -- bytes of a login that are looked at
local MAX_COLUMNS = 65535
local MAX_STATEMENTS = 1000 -- prepared ones whose text is kept, of one connection; the oldest goes first
local MAX_COMMENTS = 16 -- before a statement's first word
local FULL = 0xffffff -- a packet of this size goes on in the next one

-- the first byte of a packet of the server
local OK, MORE_DATA, NEXT_FACTOR, DEFINITION = 0x00, 0x01, 0x02, 0x03
local GREETING, LOCAL_INFILE, EOF, ERR = 0x0a, 0xfb, 0xfe, 0xff
local EOF_SIZE, OK_SIZE, PREPARED_SIZE = 5, 7, 12 -- an OK and a PREPARED are no shorter
local PROGRESS = 0xffff -- the error number of a progress report

-- capabilities, in the lower and the upper 16 bits
local CONNECT_WITH_DB, COMPRESS, PROTOCOL_41, SSL, SECURE_CONNECTION = 0x0008, 0x0020, 0x0200, 0x0800, 0x8000
local LENENC_AUTH, DEPRECATE_EOF, OPTIONAL_METADATA = 0x0020, 0x0100, 0x0200
local ZSTD, QUERY_ATTRIBUTES = 0x0400, 0x0800
local SSL_REQUEST_SIZE = 32

-- the server's status
local MORE_RESULTS, CURSOR_EXISTS = 0x0008, 0x0040

local COMMANDS = {
    [0x01] = "QUIT",
    [0x02] = "INIT_DB",
    [0x03] = "QUERY",
    [0x04] = "FIELD_LIST",
    [0x05] = "CREATE_DB",
    [0x06] = "DROP_DB",
    [0x07] = "REFRESH",
    [0x08] = "SHUTDOWN",
    [0x09] = "STATISTICS",
    [0x0a] = "PROCESS_INFO",
    [0x0c] = "PROCESS_KILL",
    [0x0d] = "DEBUG",
    [0x0e] = "PING",
    [0x11] = "CHANGE_USER",
    [0x12] = "BINLOG_DUMP",
    [0x15] = "REGISTER_SLAVE",
    [0x16] = "STMT_PREPARE",
    [0x17] = "STMT_EXECUTE",
    [0x18] = "STMT_SEND_LONG_DATA",
    [0x19] = "STMT_CLOSE",
    [0x1a] = "STMT_RESET",
    [0x1b] = "SET_OPTION",
    [0x1c] = "STMT_FETCH",
    [0x1e] = "BINLOG_DUMP_GTID",
    [0x1f] = "RESET_CONNECTION",
    [0xfa] = "STMT_BULK_EXECUTE",
}
local EXECUTED = { STMT_EXECUTE = true, STMT_BULK_EXECUTE = true }
local NAMES_STATEMENT = {
    STMT_EXECUTE = true, STMT_BULK_EXECUTE = true, STMT_SEND_LONG_DATA = true,
    STMT_CLOSE = true, STMT_RESET = true, STMT_FETCH = true,
}
local NAMES_DATABASE = { INIT_DB = true, CREATE_DB = true, DROP_DB = true }
local SILENT = { QUIT = true, STMT_CLOSE = true, STMT_SEND_LONG_DATA = true }
local ALONE = { QUIT = 1, STATISTICS = 1, PROCESS_INFO = 1, DEBUG = 1, PING = 1, RESET_CONNECTION = 1 }
local DUMPS = { BINLOG_DUMP = true, BINLOG_DUMP_GTID = true }
local LAST_PREPARED = 0xffffffff -- MariaDB: the number of the statement that was prepared last

-- Numbers and strings in a packet

local function number_at(bytes, at, size)
    local number = 0
    for index = at + size - 1, at, -1 do
        number = number * 256 + (bytes:byte(index) or 0)
    end
    return number
end

-- The length-encoded integer at a place, and the place behind it.
local function counted_at(bytes, at)
    local first = bytes:byte(at) or 0
    local size = ({ [0xfc] = 2, [0xfd] = 3, [0xfe] = 8 })[first] or 0
    if size == 0 then
        return first, at + 1
    end
    return number_at(bytes, at + 1, size), at + 1 + size
end

-- The string at a place that ends with a zero, and the place behind it.
local function text_at(bytes, at)
    local stop = bytes:find("\0", at, true) or #bytes + 1
    return bytes:sub(at, stop - 1), stop + 1
end

local function has(capabilities, bit)
    return capabilities ~= nil and bit32.band(capabilities, bit) ~= 0
end

-- Statements

-- The place behind a comment's mark or the comment; nil where none begins.
local function behind_comment(sql, at)
    local mark = sql:sub(at, at + 1)
    if mark == "/*" then
        if sql:find("^M?!", at + 2) then -- the server executes what is in it
            return sql:find("[^M!%d]", at + 2)
        end
        local _, stop = sql:find("*/", at + 2, true)
        return (stop or #sql) + 1
    elseif mark == "--" or mark:sub(1, 1) == "#" then
        return (sql:find("\n", at, true) or #sql) + 1
    end
    return nil
end

local function first_word(sql)
    local at = 1
    for _ = 1, MAX_COMMENTS do
        at = sql:find("[^%s(;]", at)
        local behind = at and behind_comment(sql, at)
        if not behind then
            break
        end
        at = behind
    end
    local word = at and sql:match("^%a[%w_]*", at)
    return word and word:sub(1, 32):upper() or "QUERY"
end

-- The place behind the first word that goes with a secret.
local function behind_secret_word(text)
    local upper, first = text:upper(), nil
    for _, word in ipairs({ "IDENTIFIED", "PASSW", "ENCRYPT", "DECRYPT" }) do
        local _, stop = upper:find(word, 1, true)
        if stop and (not first or stop < first) then
            first = stop
        end
    end
    return first
end

-- What stands behind the last literal of a text that begins with one; nothing where that is not certain.
local function behind_literals(text)
    local _, single = text:gsub("'", "")
    local _, double = text:gsub('"', "")
    if single % 2 == 1 or double % 2 == 1 or text:find("\\", 1, true) then
        return ""
    end
    return text:match("^.*[\"'](.*)$")
end

-- The statement without secrets; `cut` tells that its end is not there.
local function without_secrets(text, cut)
    local word = behind_secret_word(text)
    local quote = word and text:find("[\"']", word)
    if quote then
        text = text:sub(1, quote - 1) .. "***" .. (cut and "" or behind_literals(text:sub(quote)))
    end
    if word then
        text = text:sub(1, word) .. text:sub(word + 1):gsub("0[xX]%x+", "***")
    end
    return text
end

-- Reads `size` bytes that end their packet, as a statement: its first word and its text.
local function read_sql(stream, size)
    local sql = stream:read(math.min(size, MAX_SQL))
    local text = sql:gsub("%s+", " "):gsub("^ ", "")
    return first_word(sql), without_secrets(text, size > MAX_SQL):sub(1, MAX_TEXT), #sql
end

-- Keeps a prepared statement under its number, in a ring: the oldest is forgotten.
local function keep_statement(connection, number, statement)
    local kept = connection.statements or { next = 1, ring = {}, by_number = {} }
    connection.statements = kept
    local old = kept.ring[kept.next]
    if old then
        kept.by_number[old] = nil
    end
    kept.ring[kept.next] = number
    kept.next = kept.next % MAX_STATEMENTS + 1
    kept.by_number[number] = statement
end

local function statement_of(connection, number)
    if number == LAST_PREPARED then
        return connection.last_prepared
    end
    return connection.statements and connection.statements.by_number[number]
end

-- What the client sends

-- The rest of a packet of `size` bytes, `read` of which are done with, and of those that go on with it.
local function skip_payload(stream, size, read)
    if size > read then
        stream:skip(size - read)
    end
    local sequence
    while size == FULL do
        size, sequence = stream:number(3, "little"), stream:number(1)
        if size > 0 then
            stream:skip(size)
        end
    end
    return sequence
end

-- What is known of a message that has begun does not outlive a loss.
local function forget_if_lost(connection)
    if connection.lost then
        connection.lost = nil
        connection.infile = nil
        connection.last_prepared = nil
    end
end

local function read_login(stream, size)
    local connection = stream.connection
    local bytes = stream:read(math.min(size, MAX_LOGIN))
    local low, high = number_at(bytes, 1, 2), number_at(bytes, 3, 2)
    if has(low, SSL) and size == SSL_REQUEST_SIZE then
        stream:encrypted()
    elseif not has(low, PROTOCOL_41) then
        stream:fail("a client older than protocol 4.1")
    end
    skip_payload(stream, size, #bytes)
    connection.compresses = has(bit32.band(low, connection.low), COMPRESS)
        or has(bit32.band(high, connection.high), ZSTD)
    connection.capabilities = bit32.band(high, connection.high)
    connection.classic = not has(connection.capabilities, DEPRECATE_EOF)
    local user, at = text_at(bytes, 33)
    if has(high, LENENC_AUTH) or has(low, SECURE_CONNECTION) then
        local length
        length, at = counted_at(bytes, at)
        at = at + length
    else
        at = select(2, text_at(bytes, at))
    end
    local database = has(low, CONNECT_WITH_DB) and text_at(bytes, at) or nil
    if database == "" then
        database = nil
    end
    return {
        command = "CONNECT",
        key = database,
        request = "CONNECT " .. user .. (database and " " .. database or ""),
        name = "CONNECT",
    }
end

local function read_change_user(stream, size)
    local bytes = stream:read(math.min(size, MAX_LOGIN))
    local user, at = text_at(bytes, 1)
    local database = text_at(bytes, at + 1 + (bytes:byte(at) or 0))
    return {
        command = "CHANGE_USER",
        key = database ~= "" and database or nil,
        request = "CHANGE_USER " .. user .. (database ~= "" and " " .. database or ""),
    }, #bytes
end

local function read_query(stream, size)
    local read = 0
    if has(stream.connection.capabilities, QUERY_ATTRIBUTES) then
        if stream:number(1) > 0 then
            return { command = "QUERY", request = "QUERY" }, 1
        end
        stream:skip(1) -- the number of sets, always 1
        read = 2
    end
    local word, text, more = read_sql(stream, size - read)
    return { command = word, request = text }, read + more
end

-- A request with a statement's number.
local function read_statement(stream, name, size)
    if size < 4 then
        stream:fail("no statement's number")
    end
    local number = stream:number(4, "little")
    local connection = stream.connection
    local statement = statement_of(connection, number)
    if name == "STMT_CLOSE" and connection.statements then
        connection.statements.by_number[number] = nil
    end
    if statement and EXECUTED[name] then
        return { command = statement.word, request = statement.text }, 4
    end
    return { command = name, request = name .. " " .. (statement and statement.text or string.format("%d", number)) }, 4
end

-- The request of a command whose `size` bytes follow, and how many of them were read.
local function read_command(stream, name, size)
    if name == "QUERY" then
        return read_query(stream, size)
    elseif name == "STMT_PREPARE" then
        local word, text, read = read_sql(stream, size)
        local statement = { word = word, text = text }
        stream.connection.last_prepared = statement
        return { command = name, request = name .. " " .. text, statement = statement }, read
    elseif name == "CHANGE_USER" then
        return read_change_user(stream, size)
    elseif NAMES_STATEMENT[name] then
        return read_statement(stream, name, size)
    elseif NAMES_DATABASE[name] or name == "FIELD_LIST" then
        local text = stream:read(math.min(size, MAX_TEXT))
        local word = text_at(text, 1)
        local key = NAMES_DATABASE[name] and word or nil
        return { command = name, key = key, request = name .. " " .. word }, #text
    end
    return { command = name, request = name }, 0
end

local function read_request(stream)
    local connection = stream.connection
    if connection.compressed then
        stream:encrypted()
    end
    forget_if_lost(connection)
    local low, middle, high, sequence = stream:read(4):byte(1, 4)
    local size = low + middle * 256 + high * 65536
    if sequence == 1 and connection.low and not connection.capabilities and stream.whole then
        return read_login(stream, size)
    elseif sequence ~= 0 or connection.infile or connection.dumping then
        -- a part of a login, of a file, an acknowledgment of a replica
        skip_payload(stream, size, 0)
        connection.infile = connection.infile and size > 0
        return nil
    end
    local name = size > 0 and COMMANDS[stream:number(1)]
    if not name or (ALONE[name] and size ~= 1) then
        stream:fail("no command of MySQL")
    end
    local request, read = read_command(stream, name, size - 1)
    request.sequence = ((skip_payload(stream, size, read + 1) or 0) + 1) % 256
    request.name = name
    if SILENT[name] then
        request.replies = 0
    elseif DUMPS[name] then
        request.flags = { "replication" }
    end
    return request
end

-- What the server sends. A reader is a reply's stream, with the sequence number of its next packet if it is known.

-- The size of the next packet, and its first byte, which is read.
local function next_packet(reader)
    local low, middle, high, sequence, first = reader.stream:read(5):byte(1, 5)
    if reader.sequence and sequence ~= reader.sequence then
        reader.stream:fail("a packet out of sequence")
    end
    reader.sequence = (sequence + 1) % 256
    local size = low + middle * 256 + high * 65536
    if size == 0 then
        reader.stream:fail("an empty packet")
    end
    return size, first
end

-- Passes over the rest of a packet of which `read` bytes were read.
local function skip_rest(reader, size, read)
    local last = skip_payload(reader.stream, size, read)
    if last then
        reader.sequence = (last + 1) % 256
    end
end

-- The status in the rest of an OK or EOF.
local function read_status(reader, size)
    if size ~= EOF_SIZE and size < OK_SIZE then
        reader.stream:fail("an OK that is too short")
    end
    local bytes = reader.stream:read(math.min(size - 1, 24))
    skip_rest(reader, size, 1 + #bytes)
    if size == EOF_SIZE then
        return number_at(bytes, 3, 2)
    end
    local _, at = counted_at(bytes, 1) -- rows
    _, at = counted_at(bytes, at) -- the last number inserted
    return number_at(bytes, at, 2)
end

local function read_error(reader, size)
    if size < 3 then
        reader.stream:fail("an error without a number")
    end
    local number = reader.stream:number(2, "little")
    skip_rest(reader, size, 3)
    return number
end

local function failed(number)
    return { status = "error", code = string.format("%d", number) }
end

local function read_definitions(reader, count)
    for _ = 1, count do
        local size, first = next_packet(reader)
        if first ~= DEFINITION then
            reader.stream:fail("no definition of a column")
        end
        skip_rest(reader, size, 1)
    end
end

-- The EOF behind definitions.
local function read_end(reader)
    local size, first = next_packet(reader)
    if first ~= EOF then
        reader.stream:fail("definitions without an end")
    end
    read_status(reader, size)
end

-- Reads rows to their end. Returns the status, or nil and the number of an error.
local function read_rows(reader, follow_definitions)
    local size, first = next_packet(reader)
    if follow_definitions then
        reader.connection.classic = first == EOF and size == EOF_SIZE
        if reader.connection.classic then
            local status = read_status(reader, size)
            if has(status, CURSOR_EXISTS) then
                return status -- the rows will be fetched
            end
            size, first = next_packet(reader)
        end
    end
    while first ~= ERR and (first ~= EOF or size == FULL) do
        skip_rest(reader, size, 1)
        size, first = next_packet(reader)
    end
    if first == ERR then
        return nil, read_error(reader, size)
    end
    return read_status(reader, size)
end

-- Reads a result set, whose first packet, the number of columns, has begun. Returns what `read_rows` does.
local function read_result_set(reader, size, first)
    if size > 10 then
        reader.stream:fail("no number of columns")
    end
    local bytes = string.char(first) .. (size > 1 and reader.stream:read(size - 1) or "")
    local at, told = 1, true -- whether definitions follow: before the number in MySQL, behind it in MariaDB
    if has(reader.connection.capabilities, OPTIONAL_METADATA) then
        at, told = 2, first == 1
    end
    local count
    count, at = counted_at(bytes, at)
    if at == size then
        told = bytes:byte(at) == 1
    end
    if count < 1 or count > MAX_COLUMNS or at < size then
        reader.stream:fail("no number of columns")
    end
    if told then
        read_definitions(reader, count)
    end
    return read_rows(reader, true)
end

local function read_results(reader)
    local status, number
    repeat
        local size, first = next_packet(reader)
        if first == ERR then
            status, number = nil, read_error(reader, size)
            if number == PROGRESS then
                status, number = MORE_RESULTS, nil
            end
        elseif first == LOCAL_INFILE then
            skip_rest(reader, size, 1)
            reader.connection.infile = true
            reader.sequence = nil -- it goes on behind that of the client's last packet
            status = MORE_RESULTS
        elseif first == EOF or (first == OK and size >= OK_SIZE) then
            status = read_status(reader, size)
        else
            status, number = read_result_set(reader, size, first)
        end
        if number then
            return failed(number)
        end
    until not has(status, MORE_RESULTS)
    return {}
end

local function read_prepared(reader, request)
    local size, first = next_packet(reader)
    if first == ERR then
        return failed(read_error(reader, size))
    elseif first ~= OK or size < PREPARED_SIZE then
        reader.stream:fail("not what answers STMT_PREPARE")
    end
    local bytes = reader.stream:read(math.min(size - 1, PREPARED_SIZE))
    skip_rest(reader, size, 1 + #bytes)
    local connection = reader.connection
    keep_statement(connection, number_at(bytes, 1, 4), request.statement)
    if has(connection.capabilities, OPTIONAL_METADATA) and bytes:byte(PREPARED_SIZE) == 0 then
        return {}
    end
    local columns, parameters = number_at(bytes, 5, 2), number_at(bytes, 7, 2)
    read_definitions(reader, parameters)
    if connection.classic == nil and parameters > 0 and columns > 0 then
        connection.classic = reader.stream:peek(5):byte(5) == EOF
    elseif connection.classic == nil and parameters + columns > 0 then
        reader.stream:fail("on a connection older than the capture, an EOF may follow or not")
    end
    if connection.classic and parameters > 0 then
        read_end(reader)
    end
    read_definitions(reader, columns)
    if connection.classic and columns > 0 then
        read_end(reader)
    end
    return {}
end

local function read_verdict(reader)
    reader.sequence = nil -- the client may have answered in between
    local size, first = next_packet(reader)
    if first == ERR then
        return failed(read_error(reader, size))
    end
    skip_rest(reader, size, 1)
    if first == EOF or first == MORE_DATA or first == NEXT_FACTOR then
        return nil
    elseif first ~= OK then
        reader.stream:fail("no verdict on a login")
    end
    reader.connection.compressed = reader.connection.compresses
    return {}
end

-- What is sent to a replica: each event is a packet.
local function read_event(reader, request)
    local size, first = next_packet(reader)
    reader.connection.dumping = first == OK
    if first == ERR then
        local reply = failed(read_error(reader, size))
        reply.push = not request or nil
        return reply
    end
    skip_rest(reader, size, 1)
    return { push = not request or nil }
end

local function read_rows_only(reader)
    local _, number = read_rows(reader, false)
    return number and failed(number) or {}
end

local function read_text(reader)
    local size = next_packet(reader)
    skip_rest(reader, size, 1)
    return {}
end

local REPLIES = {
    STMT_PREPARE = read_prepared,
    STMT_FETCH = read_rows_only,
    FIELD_LIST = read_rows_only,
    STATISTICS = read_text,
    CHANGE_USER = read_verdict,
    CONNECT = read_verdict,
}

local function read_greeting(reader)
    local size, first = next_packet(reader)
    if first == ERR then
        local refused = failed(read_error(reader, size)) -- too many connections, a host that is not let in
        refused.push = true
        return refused
    elseif first ~= GREETING or size > MAX_GREETING then
        reader.stream:fail("no greeting of MySQL")
    end
    local bytes = reader.stream:read(size - 1)
    local _, at = text_at(bytes, 1) -- the version; then 4 bytes connection, 8 challenge, a zero
    reader.connection.low = number_at(bytes, at + 13, 2)
    reader.connection.high = number_at(bytes, at + 18, 2)
    return nil
end

local function read_reply(stream, request)
    local connection = stream.connection
    if connection.compressed then
        stream:encrypted()
    end
    forget_if_lost(connection)
    local reader = { stream = stream, connection = connection, sequence = request and request.sequence }
    if not connection.low and stream.whole then
        return read_greeting(reader)
    end
    local low, middle, high, sequence, first = stream:peek(5):byte(1, 5)
    local size = low + middle * 256 + high * 65536
    if first == ERR and size > 3 and stream:peek(7):sub(6, 7) == "\255\255" then
        next_packet(reader)
        skip_rest(reader, size, 1)
        if request then
            request.sequence = reader.sequence
        end
        return nil
    elseif request and DUMPS[request.name] or connection.dumping then
        return read_event(reader, request)
    elseif request then
        return (REPLIES[request.name] or read_results)(reader, request)
    elseif stream.whole and first == ERR then
        next_packet(reader)
        local told = failed(read_error(reader, size)) -- the server closes an idle connection
        told.push = true
        return told
    elseif sequence ~= 1 then
        next_packet(reader)
        skip_rest(reader, size, 1)
        return nil
    end
    return read_results(reader)
end

-- Whether a piece begins with a message, by all appearances.

local function starts_request(size, sequence, bytes)
    local name = COMMANDS[bytes:byte(5)]
    if not name or sequence ~= 0 or (ALONE[name] and size ~= 1) then
        return false
    end
    if name == "QUERY" or name == "STMT_PREPARE" then
        local letter = bytes:byte(6) or 0
        return letter >= 32 or letter == 10 or letter == 0 -- 0: no attributes
    end
    return true
end

local function starts_reply(size, sequence, bytes)
    local first = bytes:byte(5)
    if sequence ~= 1 then
        return false
    elseif first == ERR then
        return size >= 9 and bytes:sub(8, 8) == "#"
    elseif first == OK then
        return size >= OK_SIZE
    end
    return size <= 4 or (first == EOF and size == EOF_SIZE) or first == LOCAL_INFILE
end

tcpkit.protocol({
    name = "mysql",
    port = 3306,
    request = read_request,
    reply = read_reply,
    starts = function(bytes, from_client)
        local low, middle, high, sequence, first = bytes:byte(1, 5)
        if not first then
            return false
        end
        local starts = from_client and starts_request or starts_reply
        return starts(low + middle * 256 + high * 65536, sequence, bytes)
    end,
})
