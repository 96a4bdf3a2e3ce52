-- Redis in Lua: RESP2, RESP3 and inline commands, as the mode `redis` of tcpkit itself shows them.
--
--     tcpkit -r file.pcap -m redis-lua -S scripts/protocols/redis.lua -j
--
-- It is here to be read, changed and measured; `-m redis` is many times faster, and knows more. Not done: a replica's
-- stream (what follows PSYNC is passed over), proofs by ECHO in mid-stream, and what CLIENT REPLY, SUBSCRIBE and HELLO do
-- within a transaction or behind a loss.

local byte, sub, gsub, find, match = string.byte, string.sub, string.gsub, string.find, string.match
local upper, lower = string.upper, string.lower
local concat, min, max, tonumber = table.concat, math.min, math.max, tonumber

local ARGUMENTS, ARGUMENT = 48, 512 -- what is kept of a request: more than a line of the log shows
local MAX_ARGUMENTS, MAX_BULK = 2147483647, 1099511627776
local MAX_COMMANDS = 4096 -- spellings of commands that are remembered
local MAX_CHANNELS = 4096 -- of a connection
local MAX_STREAMED = 64 -- streamed aggregates within one another
local HIDDEN = "***"

local function set(words, value)
  local found = {}
  for word in words:gmatch("%S+") do
    found[word] = value or true
  end
  return found
end

local CONTAINERS = set("ACL CLIENT CLUSTER COMMAND CONFIG FUNCTION LATENCY MEMORY MODULE OBJECT PUBSUB SCRIPT " ..
  "SENTINEL SLOWLOG XGROUP XINFO")
local NO_KEY = set("ASKING AUTH BGREWRITEAOF BGSAVE DBSIZE DEBUG DISCARD ECHO EXEC FAILOVER FLUSHALL FLUSHDB HELLO INFO " ..
  "KEYS LASTSAVE LOLWUT MONITOR MULTI PFSELFTEST PING PSUBSCRIBE PSYNC PUBLISH PUNSUBSCRIBE QUIT RANDOMKEY READONLY " ..
  "READWRITE REPLCONF REPLICAOF RESET ROLE SAVE SCAN SELECT SHUTDOWN SLAVEOF SPUBLISH SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE " ..
  "SWAPDB SYNC TIME UNSUBSCRIBE UNWATCH WAIT WAITAOF")
local KEY_THIRD = { ["OBJECT ENCODING"] = true, ["OBJECT FREQ"] = true, ["OBJECT IDLETIME"] = true,
  ["OBJECT REFCOUNT"] = true, ["MEMORY USAGE"] = true }
local KEY_AT = { BITOP = 3, PFDEBUG = 3, BLMPOP = 4, BZMPOP = 4 }
local KEYS_COUNTED = { EVAL = 3, EVALSHA = 3, EVAL_RO = 3, EVALSHA_RO = 3, FCALL = 3, FCALL_RO = 3, ZUNION = 2, ZINTER = 2,
  ZDIFF = 2, ZINTERCARD = 2, SINTERCARD = 2, LMPOP = 2, ZMPOP = 2, BLMPOP = 3, BZMPOP = 3 } -- where their number stands
local ODD = set("AUTH HELLO MIGRATE XREAD XREADGROUP")

local BLOCKING = set("BLPOP BRPOP BLMOVE BLMPOP BRPOPLPUSH BZPOPMIN BZPOPMAX BZMPOP WAIT WAITAOF")
local SUBSCRIBING = set("SUBSCRIBE UNSUBSCRIBE PSUBSCRIBE PUNSUBSCRIBE SSUBSCRIBE SUNSUBSCRIBE")
local CHANGING = set("CLIENT MULTI EXEC DISCARD MONITOR RESET PSYNC SYNC REPLCONF HELLO XREAD XREADGROUP " ..
  "SUBSCRIBE UNSUBSCRIBE PSUBSCRIBE PUNSUBSCRIBE SSUBSCRIBE SUNSUBSCRIBE")
local ATTACKS = set("HOST: POST") -- the server closes the connection
local WHILE_SUBSCRIBED = set("PING QUIT RESET")

-- The first bytes that a reply may have, for commands of which that is known; errors answer any.
local KINDS = {}
for kinds, names in pairs({
  ["+"] = "AUTH SELECT MSET HMSET LSET LTRIM FLUSHALL FLUSHDB RENAME SETEX PSETEX RESET QUIT DISCARD WATCH UNWATCH MULTI " ..
    "RESTORE ASKING READONLY READWRITE PFMERGE",
  [":"] = "INCR DECR INCRBY DECRBY LPUSH RPUSH LPUSHX RPUSHX LLEN SADD SREM SCARD SISMEMBER HSET HDEL HLEN HEXISTS ZREM " ..
    "ZCARD ZCOUNT ZREMRANGEBYSCORE DEL UNLINK EXISTS EXPIRE PEXPIRE EXPIREAT PERSIST TTL PTTL STRLEN APPEND SETNX PUBLISH " ..
    "SETBIT GETBIT BITCOUNT DBSIZE HINCRBY PFADD PFCOUNT XLEN XDEL XACK LREM LINSERT SETRANGE MOVE RENAMENX TOUCH HSTRLEN",
  ["$_"] = "GET GETSET GETDEL GETEX HGET GETRANGE SUBSTR LINDEX ECHO DUMP",
  ["+$_"] = "SET",
  ["+$*"] = "PING",
  ["$_*"] = "LPOP RPOP",
  ["*_"] = "MGET LRANGE HMGET HKEYS HVALS KEYS TIME XRANGE XREVRANGE SCAN HSCAN SSCAN ZSCAN EXEC",
}) do
  for name in names:gmatch("%S+") do
    KINDS[name] = set(((kinds .. "-!"):gsub(".", "%0 ")))
  end
end

-- What a command's name alone says.

local commands, remembered = {}, 0

-- A word of a command's name as it is shown.
local function word_of(argument)
  return (gsub(upper(sub(argument, 1, 32)), "[^ -~]", function(char)
    return ("\\X%02X"):format(byte(char))
  end))
end

local function command_named(argument)
  local name = word_of(argument)
  local command = {
    name = name,
    key_at = NO_KEY[name] and 0 or KEY_AT[name] or 2, -- there is no argument 0
    plain = not (CONTAINERS[name] or KEYS_COUNTED[name] or ODD[name]),
    changes = CHANGING[name],
    flags = BLOCKING[name] and { "blocking" } or nil,
  }
  if remembered < MAX_COMMANDS then
    remembered = remembered + 1
    commands[argument] = command
  end
  return command
end

-- Keys and secrets of commands that need a closer look. `a` are the arguments, the name among them.

local function stream_options(a)
  local blocks, at = false, 2
  while at <= #a do
    local word = upper(a[at])
    if word == "STREAMS" then
      return blocks, at + 1
    elseif word == "GROUP" then
      at = at + 3
    elseif word == "BLOCK" or word == "COUNT" then
      blocks = blocks or word == "BLOCK"
      at = at + 2
    else
      at = at + 1
    end
  end
  return blocks, nil
end

-- Hide the passwords of a MIGRATE; where its keys begin.
local function migrate_options(a)
  local at, keys = 7, #(a[4] or "") > 0 and 4 or nil
  while at <= #a do
    local word = upper(a[at])
    if word == "KEYS" then
      return keys or at + 1
    elseif word == "AUTH" or word == "AUTH2" then
      at = at + (word == "AUTH" and 1 or 2)
      if a[at] then
        a[at] = HIDDEN
      end
    end
    at = at + 1
  end
  return keys
end

local function key_position(name, full, a)
  local counted = KEYS_COUNTED[name]
  if counted then
    local number = a[counted]
    return number and number ~= "0" and number ~= "" and counted + 1
  elseif CONTAINERS[name] then
    return (KEY_THIRD[full] or name == "XGROUP" or name == "XINFO") and 3
  elseif name == "XREAD" or name == "XREADGROUP" then
    local _, keys = stream_options(a)
    return keys
  elseif name == "MIGRATE" then
    return migrate_options(a)
  end
end

local function hide_settings(a, first)
  for at = first, #a - 1, 2 do
    local name = lower(a[at])
    if find(name, "pass", 1, true) or find(name, "auth", 1, true) then
      a[at + 1] = HIDDEN
    end
  end
end

local function hide_secrets(name, a)
  local second = a[2] and upper(a[2])
  if name == "AUTH" then
    for at = 2, #a do
      a[at] = HIDDEN
    end
  elseif name == "HELLO" then
    for at = #a - 2, 1, -1 do
      if upper(a[at]) == "AUTH" then
        a[at + 2] = HIDDEN
      end
    end
  elseif name == "ACL" and second == "SETUSER" then
    for at = 4, #a do
      a[at] = find(a[at], "^[><#!]") and HIDDEN or a[at]
    end
  elseif name == "CONFIG" and second == "SET" then
    hide_settings(a, 3)
  elseif name == "SENTINEL" and (second == "SET" or second == "CONFIG") then
    hide_settings(a, 4)
  end
end

-- Requests

local SIZES, COUNTS = {}, {} -- headers as they are most of the time
for n = 0, ARGUMENT do
  SIZES["$" .. n] = n
end
for n = 1, 64 do
  COUNTS["*" .. n] = n
end

local function number_of(stream, header, kind, most)
  local digits = byte(header) == kind and match(header, "^.(%-?%d+)$")
  local number = digits and #digits < 15 and tonumber(digits)
  if not number or number > most then
    stream:fail("no length of RESP")
  end
  return number
end

local function long_argument(stream, size)
  local kept = size < ARGUMENT and size or ARGUMENT
  local value = kept > 0 and stream:read(kept) or ""
  if size > kept then
    stream:skip(size - kept)
  end
  return value
end

local ESCAPES = { n = "\n", r = "\r", t = "\t", b = "\b", a = "\a" }

-- Words of an inline command, quoted as by the server's sdssplitargs.
local function words_of(stream, line)
  local words, at = {}, find(line, "[^ \t\r\n\v\f]")
  while at do
    local word, last = "", #line + 1
    while at < last and not find(line, "^[ \t\r\n]", at) do
      local quote = match(line, "^[\"']", at)
      if not quote then
        local plain = match(line, "^[^ \t\r\n\"']+", at)
        word, at = word .. plain, at + #plain
      else
        local stop, text = at + 1, {}
        while sub(line, stop, stop) ~= quote do
          local char = sub(line, stop, stop)
          local digits = quote == '"' and match(line, "^\\x(%x%x)", stop)
          if char == "" then
            stream:fail("unbalanced quotes in an inline command")
          elseif digits then
            char, stop = string.char(tonumber(digits, 16)), stop + 3
          elseif char == "\\" and stop < #line and (quote == '"' or sub(line, stop + 1, stop + 1) == "'") then
            char, stop = sub(line, stop + 1, stop + 1), stop + 1
            char = quote == '"' and ESCAPES[char] or char
          end
          text[#text + 1], stop = char, stop + 1
        end
        word, at = word .. concat(text), stop + 1
        if find(line, "^[^ \t\r\n\v\f]", at) then
          stream:fail("unbalanced quotes in an inline command")
        end
      end
    end
    words[#words + 1] = sub(word, 1, ARGUMENT)
    at = find(line, "[^ \t\r\n\v\f]", at)
  end
  return words
end

-- Requests of one to four arguments that are there as a whole, none of them with a line end: one look tells.
local LENGTHS, SHORT, ARGUMENT_PATTERN = {}, {}, "%$(%d+)\r\n([^\r\n]*)\r\n"
for n = 0, ARGUMENT do
  LENGTHS[tostring(n)] = n
end
for n = 1, 4 do
  SHORT[n] = "^%*" .. n .. "\r\n" .. ARGUMENT_PATTERN:rep(n)
end

local function short_request(stream, c)
  local count = c.count or 2
  local size, n1, a1, n2, a2, n3, a3, n4, a4 = stream:match(SHORT[count])
  if not size then
    local _, digit = stream:match("^%*([1-4])\r\n")
    count = digit and LENGTHS[digit]
    if not count or count == c.count then
      return nil
    end
    size, n1, a1, n2, a2, n3, a3, n4, a4 = stream:match(SHORT[count])
    if not size then
      return nil
    end
    c.count = count
  end
  local command = commands[a1]
  if not command or command.changes or not command.plain or LENGTHS[n1] ~= #a1 then
    return nil
  end
  local text = a1
  if n2 then
    text = a1 .. " " .. a2
    if LENGTHS[n2] ~= #a2 then
      return nil
    elseif n3 then
      text = text .. " " .. a3
      if LENGTHS[n3] ~= #a3 then
        return nil
      elseif n4 then
        text = text .. " " .. a4
        if LENGTHS[n4] ~= #a4 then
          return nil
        end
      end
    end
  end
  stream:skip(size)
  local key_at = command.key_at
  local key = key_at == 2 and a2 or key_at == 3 and a3 or key_at == 4 and a4 or nil
  return { command = command.name, key = key, request = text, flags = command.flags }
end

-- The arguments of the next request, and how many they are.
local function arguments(stream)
  local header = stream:line()
  local count = COUNTS[header]
  if not count then
    if byte(header) ~= 42 then
      local words = words_of(stream, header)
      return words, #words
    end
    count = number_of(stream, header, 42, MAX_ARGUMENTS)
  end
  local kept = {}
  for at = 1, count do
    header = stream:line()
    local size = SIZES[header]
    local value
    if size then
      value = stream:read(size)
    else
      size = number_of(stream, header, 36, MAX_BULK)
      if size < 0 then
        stream:fail("an argument that is nothing")
      end
      value = long_argument(stream, size)
    end
    stream:skip(2)
    if at <= ARGUMENTS then
      kept[at] = value
    end
  end
  return kept, count
end

local function described(command, a, count)
  local name = command.name
  local text, key
  if command.plain then
    key = a[command.key_at]
    text = concat(a, " ")
  else
    local full = name
    if CONTAINERS[name] and a[2] then
      full = name .. " " .. word_of(a[2])
    end
    local at = key_position(name, full, a)
    key = at and a[at] or nil
    hide_secrets(name, a)
    name, text = full, concat(a, " ")
  end
  if count > #a and #text <= 128 then
    text = text .. "..."
  end
  return { command = name, key = key, request = text, flags = command.flags }
end

-- What a command changes for those behind it. `c` is the connection: `off`, `skip`: replies are, or the next one is, not sent;
-- `transaction`; `planned`: channels subscribed if all that was sent succeeds, and `resp3_planned` likewise; `busy`: one of them.

local TRANSACTION, REPLICATION, IS_BLOCKING = { "transaction" }, { "replication" }, { "blocking" }

-- Whether the CLIENT REPLY is hidden itself.
local function client_reply(c, how, hidden)
  if c.transaction then
    return hidden
  elseif how == "ON" then
    c.off = false
    return false
  elseif how == "OFF" then
    c.off = true
    return true
  elseif how == "SKIP" then
    c.skip = not c.off
    return true
  end
  return hidden
end

local function subscribing(c, request, name, a, count)
  if c.transaction then
    request.flags = TRANSACTION
    return true
  end
  local sort = match(name, "^[PS]UN") and sub(name, 1, 1) or match(name, "^[PS]S") and sub(name, 1, 1) or ""
  request.kind, request.expected = "subscribes", count > 1 and count - 1 or nil
  c.channels = c.channels or {}
  local planned = c.planned or { count = 0 }
  c.planned = planned
  local adds = not find(name, "UNSUB", 1, true)
  for at = 2, #a do
    local channel = sort .. " " .. a[at]
    if adds and not planned[channel] and planned.count < MAX_CHANNELS then
      planned[channel], planned.count = true, planned.count + 1
    elseif not adds and planned[channel] then
      planned[channel], planned.count = nil, planned.count - 1
    end
  end
  if not adds and count == 1 then
    for channel in pairs(planned) do
      if channel ~= "count" and sub(channel, 1, #sort + 1) == sort .. " " then
        planned[channel], planned.count = nil, planned.count - 1
      end
    end
  end
  return false
end

local function changes_alone(c, request, name, a)
  if name == "XREAD" or name == "XREADGROUP" then
    request.flags = stream_options(a) and IS_BLOCKING or nil
  elseif name == "MONITOR" then
    request.kind = "monitors"
  elseif name == "PSYNC" or name == "SYNC" then
    request.kind, request.flags, c.syncing = "replicates", REPLICATION, true
  elseif name == "HELLO" and a[2] then
    c.resp3_planned = a[2] == "3"
    request.kind = c.resp3_planned and "speaks 3" or "speaks 2"
  end
end

local function change(c, request, command, a, count)
  local name = command.name
  local skipped = c.skip
  local hidden = c.off or skipped
  c.skip = false
  if c.replicating or (name == "REPLCONF" and not c.transaction) then
    request.flags = REPLICATION
    local second = a[2] and upper(a[2])
    hidden = hidden or c.replicating or second == "ACK" or second == "GETACK"
  elseif c.planned and c.planned.count > 0 and not c.resp3_planned
    and not SUBSCRIBING[name] and not WHILE_SUBSCRIBED[name] then
    request.flags = nil -- refused
  elseif name == "CLIENT" and count == 3 and upper(a[2]) == "REPLY" then
    hidden = client_reply(c, upper(a[3]), hidden)
  elseif name == "RESET" and count == 1 then
    request.kind, hidden = "resets", skipped
    c.off, c.transaction, c.resp3_planned, c.planned = false, false, false, nil
  elseif SUBSCRIBING[name] and (count > 1 or find(name, "UNSUB", 1, true)) then
    hidden = subscribing(c, request, name, a, count) and hidden
  elseif count == 1 and (name == "MULTI" or name == "EXEC" or name == "DISCARD") then
    request.flags = (name == "MULTI" or c.transaction) and TRANSACTION or nil
    c.transaction = name == "MULTI"
  elseif c.transaction then
    request.flags = TRANSACTION
  else
    changes_alone(c, request, name, a)
  end
  if hidden then
    request.replies = 0
  end
  c.busy = c.transaction or c.off or c.skip or c.replicating or (c.planned and c.planned.count > 0)
  return request
end

local function request(stream)
  local c = stream.connection
  if c.lost then
    c.lost, c.skip, c.transaction = nil, false, false
  end
  local short = not c.busy and short_request(stream, c)
  if short then
    return short
  end
  local a, count = arguments(stream)
  if count <= 0 then
    return nil -- the server says nothing to it
  end
  local command = commands[a[1]] or command_named(a[1])
  if ATTACKS[command.name] then
    stream:fail("HTTP")
  end
  if not command.changes and not c.busy then
    return described(command, a, count)
  end
  local unhidden = command.plain and a or { unpack(a) }
  return change(c, described(command, a, count), command, unhidden, count)
end

-- Replies

-- By first byte; an error is made for its code. The kind is told where the step is not sure: see `matches`.
local SURE, UNSURE = {}, {}
for kind in ("+:$*_,#(=%~>"):gmatch(".") do
  SURE[byte(kind)], UNSURE[byte(kind)] = {}, { kind = kind }
end
local PUSH, NOBODYS = { push = true }, { kind = "nobody's" }
local ON_ITS_LINE, SIZED, AGGREGATES = {}, {}, { [42] = 1, [126] = 1, [62] = 1, [37] = 2 }
for kind in ("+-:_,#("):gmatch(".") do
  ON_ITS_LINE[byte(kind)] = true
end
for kind in ("$!="):gmatch(".") do
  SIZED[byte(kind)] = true
end

local function pass_chunks(stream)
  while true do
    local size = number_of(stream, stream:line(), 59, MAX_BULK)
    if size <= 0 then
      return
    end
    stream:skip(size + 2)
  end
end

-- Pass over a message of which the first line has been read; its elements are counted, so depth costs nothing.
local function pass(stream, header)
  local left, around = 1, nil
  while true do
    local kind = byte(header)
    local size = SIZES[header]
    if size then
      stream:skip(size + 2)
    elseif SIZED[kind] then
      if byte(header, 2) == 63 then
        pass_chunks(stream)
      else
        size = number_of(stream, header, kind, MAX_BULK)
        if size >= 0 then
          stream:skip(size + 2)
        end
      end
    elseif kind == 124 then -- an attribute, and then what it is of
      left = left + 2 * max(number_of(stream, header, kind, MAX_BULK), 0) + 1
    elseif kind == 46 and around then
      left = around[#around] + 1
      around[#around] = nil
    elseif AGGREGATES[kind] then
      if byte(header, 2) == 63 then
        around = around or {}
        if #around >= MAX_STREAMED then
          stream:fail("streamed aggregates nest too deeply")
        end
        around[#around + 1], left = left - 1, math.huge
      else
        left = left + AGGREGATES[kind] * max(number_of(stream, header, kind, MAX_BULK), 0)
      end
    elseif not ON_ITS_LINE[kind] then
      stream:fail("a reply begins with no type of RESP")
    end
    left = left - 1
    if left == 0 then
      return
    end
    header = stream:line()
  end
end

-- Pass over an array, and see what its first two elements are, if they are short strings.
local function heads(stream, header)
  local count = number_of(stream, header, byte(header), MAX_BULK)
  local first, second
  for at = 1, count do
    local line = stream:line()
    local size = at < 3 and SIZES[line]
    if size then
      local value = stream:read(size)
      stream:skip(2)
      if at == 1 then
        first = lower(value)
      else
        second = value
      end
    else
      pass(stream, line)
    end
  end
  return first, second
end

local CONFIRMATIONS = set("subscribe unsubscribe psubscribe punsubscribe ssubscribe sunsubscribe")
local MESSAGES = set("message pmessage smessage")

-- Take a confirmation into account; whether it was the last one.
local function confirmed(c, request, word, channel)
  local sort = match(word, "^[ps]u?n?subscribe$") and sub(word, 1, 1) or ""
  local names = c.channels[sort] or { count = 0 }
  c.channels[sort] = names
  request.expected = request.expected or max(1, names.count)
  if channel then
    local adds = not find(word, "unsub", 1, true)
    if adds and not names[channel] and names.count < MAX_CHANNELS then
      names[channel], names.count, c.subscribed = true, names.count + 1, (c.subscribed or 0) + 1
    elseif not adds and names[channel] then
      names[channel], names.count, c.subscribed = nil, names.count - 1, c.subscribed - 1
    end
  end
  request.expected = request.expected - 1
  return request.expected == 0
end

local function settle(c, request, failed)
  local kind = request.kind
  if kind == "monitors" then
    c.monitoring = not failed
  elseif kind == "replicates" then
    c.replicating, c.busy, c.syncing = not failed, c.busy or not failed, false
  elseif kind == "speaks 2" or kind == "speaks 3" then
    if failed then
      c.resp3_planned = c.resp3
    else
      c.resp3 = kind == "speaks 3"
    end
  elseif kind == "resets" and not failed then
    c.monitoring, c.resp3, c.channels, c.subscribed = false, false, nil, nil
  end
end

local function error_code(text)
  return sub(match(text, "%S+") or "ERR", 1, 32)
end

-- A reply of a kind that the short way does not know: its table, or nil if more of it is to come.
local function unusual(stream, c, asked, header, kind)
  if kind == 33 then -- a bulk error
    local size = number_of(stream, header, kind, MAX_BULK)
    local text = long_argument(stream, size)
    stream:skip(2)
    return { status = "error", code = error_code(text), kind = "!" }
  elseif (kind == 42 and (c.subscribed or c.channels)) or kind == 62 then
    local word, channel = heads(stream, header)
    if CONFIRMATIONS[word] and asked and asked.kind == "subscribes" then
      if not stream.whole and not asked.expected then
        return NOBODYS -- how many confirmations there will be is not known
      end
      return confirmed(c, asked, word, channel) and SURE[kind] or nil
    elseif kind == 62 or (not c.resp3 and (c.subscribed or 0) > 0 and MESSAGES[word]) then
      return PUSH
    end
  else
    pass(stream, header)
  end
  return stream.whole and SURE[kind] or UNSURE[kind]
end

local function reply(stream, asked)
  local c = stream.connection
  if c.replicating then
    stream:skip(9007199254740991)
  end
  local oks, answer, confirms = stream.whole and SURE or UNSURE, nil, false
  repeat
    local header = stream:line()
    local kind = byte(header)
    local size = SIZES[header]
    if size then
      stream:skip(size + 2)
      answer = oks[36]
    elseif kind == 43 and c.monitoring and find(header, "^%+%d") then
      return PUSH
    elseif kind == 43 or kind == 58 then
      answer = oks[kind]
    elseif kind == 45 then
      answer = { status = "error", code = error_code(sub(header, 2, 200)), kind = "-" }
    elseif kind == 124 then -- an attribute, and then what it is of
      for _ = 1, 2 * number_of(stream, header, kind, MAX_ARGUMENTS) do
        pass(stream, stream:line())
      end
    elseif kind == nil and c.syncing then
      return nil -- a line feed while the snapshot is made
    else
      answer = unusual(stream, c, asked, header, kind)
      if confirms and answer == PUSH then
        answer = nil
      end
      confirms = true
    end
  until answer
  if asked and asked.kind and answer ~= PUSH then
    settle(c, asked, answer.status == "error")
  end
  return answer
end

tcpkit.protocol({
  name = "redis-lua",
  port = 6379,
  request = request,
  reply = reply,
  starts = function(bytes, from_client)
    if from_client then
      return find(bytes, "^%*%d+\r\n%$") ~= nil or find(bytes, "^%*%d+\r\n$") ~= nil
    end
    return find(bytes, "^[%+%-:%$%*_,#%(=!%%~>|]") ~= nil
  end,
  matches = function(asked, answer)
    local kind, kinds = answer.kind, KINDS[asked.command]
    return not kind or (kind ~= "nobody's" and (not kinds or asked.flags == TRANSACTION or kinds[kind] == true))
  end,
})
