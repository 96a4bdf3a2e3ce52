-- PostgreSQL: the latency of each statement, protocol 3.0 and later.
--
--     tcpkit -i em1 -m postgresql -S scripts/protocols/postgresql.lua -t 100
--     tcpkit -r file.pcap -m postgresql -S scripts/protocols/postgresql.lua -p 5432,6432 -j
--
-- An exchange is a simple query (one Query message, however many statements are in it), or an Execute with the messages
-- before it that prepare it. `command` is the first word of the SQL, `code` the SQLSTATE of an error. An Execute shows the
-- text that was parsed under the statement's name; if that was not seen, EXECUTE and the name. Messages that are sent without
-- any Execute are exchanges of their own: PARSE, BIND, DESCRIBE, CLOSE. Executes that the server skips after an error
-- are errors without a code. CANCEL gets no reply. What stands behind PASSWORD in a statement is shown as ***.
--
-- Not shown: logins, values of parameters, rows, notices. Notifications, and what a replication sends, are counted as pushes,
-- except for those that come between a reply's messages. An encrypted connection is counted as such and left alone.

local find, sub, byte, upper, match, gsub = string.find, string.sub, string.byte, string.upper, string.match, string.gsub
local floor, min = math.floor, math.min

local TEXT = 1024 -- bytes of a statement that are looked at; a line of the log shows 128
local KEPT = 256 -- of a text that is kept for its name
local NAMES = 128 -- statements, and portals, that a connection remembers
local MAX_GREETING = 10000 -- the server's own limit (MAX_STARTUP_PACKET_LENGTH)
local SSL, GSS, CANCEL = 80877103, 80877104, 80877102
local REPLICATION = { "replication" }

-- The text of a statement

local function behind_comment(text, at)
  local depth = 0
  repeat
    local open, close = find(text, "/*", at, true), find(text, "*/", at, true)
    if not close then
      return #text + 1
    elseif open and open < close then
      depth, at = depth + 1, open + 2
    else
      depth, at = depth - 1, close + 2
    end
  until depth == 0
  return at
end

-- Where text goes on behind comments and characters of the set `blanks`.
local function behind(text, at, blanks)
  while true do
    local _, stop = find(text, blanks, at)
    if not stop then
      _, stop = find(text, "^%-%-[^\n]*", at)
    end
    if stop then
      at = stop + 1
    elseif sub(text, at, at + 1) == "/*" then
      at = behind_comment(text, at)
    else
      return at
    end
  end
end

local function command_of(text)
  local word = match(text, "^[%a_]+", behind(text, 1, "^[%s;(]+"))
  return word and upper(sub(word, 1, 32)) or "QUERY"
end

-- Where the literal at `at` ends: its next character, or nil if there is none.
local function behind_literal(text, at)
  local tag = match(text, "^%$[%w_]*%$", at)
  if tag then
    local _, stop = find(text, tag, at + #tag, true)
    return (stop or #text) + 1
  end
  local _, quote = find(text, "^[UuEeNnBbXx]?&?'", at)
  if not quote then
    return nil
  end
  if find(text, "^'[^%s,;)]", quote + 1) then -- doubled: a literal within a literal
    local _, stop = find(text, "''", quote + 2, true)
    return (stop or #text) + 1
  end
  local backslashes = quote > at
  local from = quote + 1
  while true do
    local stop = find(text, backslashes and "['\\]" or "'", from)
    if not stop then
      return #text + 1
    elseif byte(text, stop) == 92 or byte(text, stop + 1) == 39 then
      from = stop + 2
    else
      return stop + 1
    end
  end
end

-- Where the password that may stand at `at` ends; literals in a row are one.
local function behind_password(text, at, assigned)
  local stop = behind_literal(text, at)
  if not stop and assigned and not find(text, "^%$%d", at) then
    local _, last = find(text, "^[^%s'\",;)&]+", at)
    stop = last and (behind_literal(text, last + 1) or last + 1)
  end
  local more = stop and behind_literal(text, behind(text, stop, "^%s+"))
  while more do
    stop = more
    more = behind_literal(text, behind(text, stop, "^%s+"))
  end
  return stop
end

local function without_passwords(text)
  local words = upper(text)
  local word = find(words, "PASSWORD", 1, true)
  if not word then
    return text
  end
  local shown, from = "", 1
  while word do
    local at = behind(text, word + 8, "^[%s=:>\"]+")
    local _, quotes = gsub(sub(text, 1, word), "'", "")
    local closes = quotes % 2 == 1 and at == word + 8 and find(text, "^'[^']", at)
    local assigned = find(sub(text, word + 8, at - 1), "[=:]")
    local stop = not closes and behind_password(text, at, assigned)
    if stop then
      shown, from = shown .. sub(text, from, at - 1) .. "***", stop
    end
    word = find(words, "PASSWORD", stop or word + 8, true)
  end
  return shown .. sub(text, from)
end

-- What is known of a statement: its command, and its text on one line.
local function statement(text)
  local command = command_of(text)
  text = gsub(without_passwords(text), "[\r\n\t\v\f]%s*", " ")
  local last = #text
  while last > 0 and byte(text, last) == 32 do
    last = last - 1
  end
  return { command = command, text = sub(text, find(text, "[^ ]") or 1, min(last, KEPT)) }
end

-- What a connection remembers

-- The client's bytes begin, or go on behind some that were not seen.
local function begin_requests(c, stream)
  c.asking = stream
  c.sent = c.sent or 0 -- how many ReadyForQuery the client has asked for: by Sync, by Query and others
  c.done = c.done or 0 -- how many have come
  c.aligned = stream.whole -- whether `done` is known
  c.negotiating = 0 -- requests for encryption that are not answered
  c.partial = not stream.whole -- what stood before, since the last Sync, was perhaps not seen
  c.open = false -- a request was sent since the last Sync
  c.executed = nil -- the last Execute since the last Sync or Flush
  c.statements, c.portals = { ring = {}, at = 0, named = {} }, { ring = {}, at = 0, named = {} }
end

local function begin_replies(c, stream)
  if not c.sent then
    begin_requests(c, stream)
  end
  c.answering = stream
  c.aligned = c.aligned and stream.whole
  c.failed = false -- the server passes over everything up to the next Sync
  c.copying = false -- the server reads CopyData, and no Sync
  c.streaming = false -- a replication sends what it wants
end

local function remember(names, name, value)
  if #name > KEPT then
    return
  end
  if name ~= "" and not names.named[name] then
    names.at = names.at % NAMES + 1
    local oldest = names.ring[names.at]
    if oldest then
      names.named[oldest] = nil
    end
    names.ring[names.at] = name
  end
  names.named[name] = value
end

-- A Parse failed: the name means what it did.
local function undo(c, request)
  if request.parsed and c.statements.named[request.parsed] == request.parsed_as then
    c.statements.named[request.parsed] = request.before
  end
end

-- Messages

local function header(stream)
  local head = stream:read(5)
  local _, a, b, c, d = byte(head, 1, 5)
  local size = ((a * 256 + b) * 256 + c) * 256 + d - 4
  if size < 0 or a >= 64 then
    stream:fail("the length of a message is out of its range")
  end
  return sub(head, 1, 1), size
end

local function pass(stream, size)
  if size > 0 then
    stream:skip(size)
  end
end

-- The beginning of a message's body; the rest is passed over.
local function beginning(stream, size)
  local kept = min(size, TEXT)
  local text = kept > 0 and stream:read(kept) or ""
  pass(stream, size - kept)
  return text
end

-- The text from `at` up to a zero, and where it goes on behind that.
local function word_at(text, at)
  local stop = find(text, "\0", at, true) or #text + 1
  return sub(text, at, stop - 1), stop + 1
end

local function named(command, name)
  return { command = command, text = name == "" and command or command .. " " .. sub(name, 1, KEPT) }
end

-- Requests

local function greeting(stream, c)
  local size = stream:number(4)
  if floor(size / 16777216) == 22 then
    stream:encrypted() -- TLS without being asked for
  end
  if size < 8 or size > MAX_GREETING then
    stream:fail("no StartupMessage")
  end
  local code = stream:number(4)
  if code == CANCEL and size >= 12 then
    local process = stream:number(4)
    pass(stream, size - 12)
    return { command = "CANCEL", request = ("CANCEL %d"):format(process), replies = 0 }
  end
  local body = size > 8 and stream:read(size - 8) or ""
  if code == SSL or code == GSS then
    c.negotiating = c.negotiating + 1
    return nil
  end
  if floor(code / 65536) ~= 3 then
    stream:fail("another version of the protocol")
  end
  local at, name, value = 1, nil, nil
  while at <= #body do
    name, at = word_at(body, at)
    value, at = word_at(body, at)
    c.replication = c.replication or (name == "replication" and value ~= "false")
  end
  c.started, c.aligned, c.partial, c.sent = true, true, false, c.sent + 1
  return nil
end

-- The request that `batch`, the messages read so far, make up; `known` is what it runs.
local function asked(c, batch, known)
  batch.command, batch.request, batch.sync = known.command, known.text, c.sent
  batch.flags = c.replication and REPLICATION or nil
  batch.partial = c.partial and not batch.simple
  return batch
end

local prepares = {} -- by kind: messages before an Execute

function prepares.P(c, batch, body)
  local name, at = word_at(body, 1)
  local known = statement((word_at(body, at)))
  batch.parsed, batch.parsed_as, batch.before = name, known, c.statements.named[name]
  remember(c.statements, name, known)
  batch.first = batch.first or { command = "PARSE", text = "PARSE " .. known.text }
end

function prepares.B(c, batch, body)
  local portal, at = word_at(body, 1)
  local name = word_at(body, at)
  remember(c.portals, portal, c.statements.named[name] or named("EXECUTE", name))
  batch.first = batch.first or named("BIND", name)
end

function prepares.D(_, batch, body)
  batch.first = batch.first or named("DESCRIBE", (word_at(body, 2)))
end

function prepares.C(_, batch, body)
  batch.closes = batch.closes or named("CLOSE", (word_at(body, 2)))
end

local ends = {} -- by kind: messages that end a batch: the request, or nil

function ends.Q(c, batch, body)
  -- between an Execute and its Sync it is answered for itself, and the Sync too
  batch.simple, batch.nested = true, c.open
  local request = asked(c, batch, statement((word_at(body, 1))))
  if not c.open then
    c.sent = c.sent + 1
  end
  c.executed, c.partial = nil, false
  return request
end

function ends.F(c, batch, body)
  local request = ends.Q(c, batch, "")
  local a, b, d, e = byte(body, 1, 4)
  request.command = "FUNCTION"
  request.request = e and ("FUNCTION %d"):format(((a * 256 + b) * 256 + d) * 256 + e) or "FUNCTION"
  return request
end

function ends.E(c, batch, body)
  local portal = word_at(body, 1)
  c.open, c.executed = true, asked(c, batch, c.portals.named[portal] or named("EXECUTE", portal))
  return c.executed
end

-- A Flush: the replies so far come at once, and go on no further.
function ends.H(c, batch)
  local known = batch.first or (not c.open and batch.closes)
  c.executed = nil
  if not known then
    return nil
  end
  c.open, batch.flushed = true, true
  return asked(c, batch, known)
end

-- A Sync: the reply to the last request before it goes on up to the ReadyForQuery.
function ends.S(c, batch)
  if c.copying and not c.copied then
    return nil -- the server passes over it
  end
  local known, request = batch.first or (not c.open and batch.closes), nil
  if known then
    batch.last = true
    request = asked(c, batch, known)
  elseif c.executed then
    c.executed.last = true
  end
  c.open, c.executed, c.partial, c.sent = false, nil, false, c.sent + 1
  return request
end

local others = { d = true, c = true, f = true, p = true, X = true }

local function request(stream)
  local c = stream.connection
  if c.asking ~= stream then
    begin_requests(c, stream)
  end
  if not c.started and stream.whole then
    return greeting(stream, c)
  end
  local batch = { steps = 0 }
  while true do
    local kind, size = header(stream)
    if prepares[kind] then
      prepares[kind](c, batch, beginning(stream, size))
      batch.steps = batch.steps + 1
    elseif ends[kind] then
      return ends[kind](c, batch, beginning(stream, size))
    elseif others[kind] then
      c.copied = c.copied or kind == "c" or kind == "f"
      pass(stream, size)
      if batch.steps == 0 then
        return nil
      end
    else
      stream:fail("no message of a client")
    end
  end
end

-- Replies

local EITHER_WAY = { N = true, S = true, A = true } -- at any time, and never a reply

-- The SQLSTATE of an error, and whether the connection ends with it.
local function error_of(body)
  local at, code, fatal, value = 1, nil, false, nil
  while at < #body do
    local field = sub(body, at, at)
    value, at = word_at(body, at + 1)
    if field == "C" then
      code = value
    elseif field == "V" or field == "S" then
      fatal = fatal or value == "FATAL" or value == "PANIC"
    end
  end
  return code, fatal
end

local function synchronized(c)
  c.done, c.failed, c.copying, c.streaming = c.done + 1, false, false, false
end

-- A message of a server whose requests are all known: one that answers none of them, unless something is wrong.
local function unasked(stream, c, kind, size)
  pass(stream, size)
  if kind == "Z" then
    synchronized(c)
  elseif (kind == "C" or kind == "I" or kind == "s") and not c.streaming then
    c.aligned = false
    return { off = true } -- the end of a reply that nobody waits for
  end
  return (kind == "A" or (kind == "d" and c.streaming)) and { push = true } or nil
end

local BEGINS_EXTENDED = { ["1"] = true, ["2"] = true, ["3"] = true, t = true, D = true, s = true }

-- A reply to a request that was not seen, or that is not known; how many there are is of interest.
local function unknown(stream, c, kind, size)
  local extended, closes = BEGINS_EXTENDED[kind], true
  while true do
    pass(stream, size)
    closes = closes and (kind == "3" or kind == "Z")
    if kind == "Z" then
      return not closes and { off = true } or nil
    elseif kind == "A" or (kind == "d" and not extended) then
      return { push = true }
    elseif extended and (kind == "C" or kind == "I" or kind == "s" or kind == "E") then
      return { off = true }
    elseif EITHER_WAY[kind] and closes then
      return nil
    end
    kind, size = header(stream)
  end
end

local replies = {} -- by kind: true if the reply ends there

function replies.E(c, asking, answer, body)
  local code, fatal = error_of(body)
  if answer.status == "ok" then
    answer.status, answer.code = "error", code
    if answer.seen == 0 then
      undo(c, asking)
    end
  end
  c.copying = false
  c.failed = not asking.simple -- what comes next is the ReadyForQuery
  return fatal or c.failed
end

function replies.C(_, asking, answer, body)
  answer.tag = answer.tag or (body and match(body, "^%a+")) or ""
  answer.off = answer.off or (not asking.simple and answer.seen ~= asking.steps)
  return not asking.simple and not asking.last
end

replies.I, replies.s = replies.C, replies.C

function replies.G(c, asking)
  c.copying, c.copied = true, false
  if asking.last then
    c.done = c.done + 1 -- the Sync that was sent with it is passed over
  end
  return false
end

function replies.W(c)
  c.streaming = true
  return true
end

function replies.Z(c, asking, answer)
  if answer.status == "ok" and not answer.tag then
    answer.off = answer.off or asking.simple or answer.seen ~= asking.steps
  end
  if not asking.nested then
    synchronized(c)
  end
  return true
end

local function step(_, asking, answer)
  answer.seen = answer.seen + 1
  return asking.flushed and answer.seen == asking.steps
end

replies["1"], replies["2"], replies["3"], replies.T, replies.n = step, step, step, step, step

local function more()
  return false
end

replies.t, replies.D, replies.H, replies.d, replies.c = more, more, more, more, more

function replies.V(_, _, answer)
  answer.tag = ""
  return false
end

local OF_INTEREST = { E = true, C = true }

-- The answer to a request for encryption is one byte, and no message; whether it was one.
local function negotiated(stream, c)
  local first = stream:peek(1)
  if first == "E" then
    c.negotiating = 0
    return false -- a server that is too old, or too busy
  end
  stream:skip(1)
  c.negotiating = c.negotiating - 1
  if first == "S" or first == "G" then
    stream:encrypted()
  elseif first ~= "N" then
    stream:fail("no answer to a request for encryption")
  end
  return true
end

local function reply(stream, asking)
  local c = stream.connection
  if c.answering ~= stream then
    begin_replies(c, stream)
  end
  if c.negotiating > 0 and negotiated(stream, c) then
    return nil
  end
  if asking and not c.aligned then
    c.done, c.aligned = asking.sync, true
  end
  local due = asking and asking.sync <= c.done
  if due and c.failed and stream:peek(1) == "Z" then
    undo(c, asking)
    return { status = "error" } -- the server skipped it; the next one may be skipped too
  end
  local answer, first = { status = "ok", seen = 0, off = due and asking.partial }, true
  while true do
    local kind, size = header(stream)
    if not due and not c.aligned then
      return unknown(stream, c, kind, size)
    elseif not due or (first and EITHER_WAY[kind]) then
      return unasked(stream, c, kind, size)
    end
    local react = not EITHER_WAY[kind] and (replies[kind] or stream:fail("no message of a server")) or more
    local body = OF_INTEREST[kind] and beginning(stream, size) or pass(stream, size)
    if react(c, asking, answer, body) then
      c.aligned = not answer.off
      return answer
    end
    first = false
  end
end

-- What a loss leaves

local function set(words)
  local found = {}
  for word in words:gmatch("%S+") do
    found[word] = true
  end
  return found
end

local OF_CLIENT, OF_SERVER = set("Q P B D E C H S F X d c f p"), set("R S K Z T D C E N A 1 2 3 t n I s G H W d c V v")
local CLIENT_SIZES = { S = 4, H = 4, X = 4, c = 4 }
local SERVER_SIZES = { ["1"] = 4, ["2"] = 4, ["3"] = 4, n = 4, s = 4, I = 4, c = 4, Z = 5 }

local function starts(bytes, from_client)
  local kinds, sizes = OF_SERVER, SERVER_SIZES
  if from_client then
    kinds, sizes = OF_CLIENT, CLIENT_SIZES
  end
  local at = 1
  while at <= #bytes do
    local kind = sub(bytes, at, at)
    local a, b, c, d = byte(bytes, at + 1, at + 4)
    local size = d and ((a * 256 + b) * 256 + c) * 256 + d
    if not kinds[kind] or (a or 0) >= 64 or (size and (size < 4 or size ~= (sizes[kind] or size))) then
      return false
    end
    at = at + 1 + (size or #bytes)
  end
  return true
end

local SAME = set("SELECT INSERT UPDATE DELETE BEGIN FETCH COPY")

tcpkit.protocol({
  name = "postgresql",
  port = 5432,
  request = request,
  reply = reply,
  starts = starts,
  -- CommandComplete names the command, for most as the statement does.
  matches = function(asked_for, answer)
    local tag = answer.tag
    return not answer.off and (not tag or tag == "" or not SAME[asked_for.command] or tag == asked_for.command)
  end,
})
