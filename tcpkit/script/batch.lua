-- Hands packets to `process`, several at once: a crossing costs as much as a packet's table.
-- The values of a batch are parameters, since each table costs; so the text of the function that takes
-- them is made here, with an @ for the number of a packet.

local host = ...
local gsub, concat = string.gsub, table.concat

local BATCH = 8 -- as in budget.lua and packets.py
local WHOLE = math.type ~= nil -- there / makes a float; elsewhere there is no //

local VALUES = "slot@, nsec@, payload@, len@, seq@, ack@, flags@, window@"
local PACKET = [[
    local ends@ = slot@ and ends[slot@]
    local packet@ = slot@ and {
        tv_sec = sec, tv_usec = USEC, tv_nsec = nsec@,
        sip = ends@[1], sport = ends@[2], dip = ends@[3], dport = ends@[4],
        payload = payload@, size = #payload@, len = len@, request = ends@[5], proto = proto,
        seq = seq@, ack = ack@, flags = flags@, window = window@,
    }
]]
local TEXT = [[
local guarded_each, ends = ...
local process, sec, proto

local function packets(VALUES)
    PACKETS
    return guarded_each(process, ALL)
end

local function common(now, transport)
    sec, proto = now, transport
end

local function call(hook)
    process = hook
end

return packets, common, call
]]

-- `text` once for each packet of a batch.
local function for_each(text, between)
    local texts = {}
    for number = 1, BATCH do
        texts[number] = gsub(text, "@", number)
    end
    return concat(texts, between)
end

local usec = WHOLE and "nsec@ // 1000" or "(nsec@ - nsec@ % 1000) / 1000"
local parts = {
    VALUES = for_each(VALUES, ", "),
    PACKETS = for_each(gsub(PACKET, "USEC", { USEC = usec }), ""),
    ALL = for_each("packet@", ", "),
}

-- Who talks to whom, by a number that stands for it until it is given to another pair.
local ends = {}

local function tell_ends(slot, sip, sport, dip, dport, request)
    ends[slot] = { sip, sport, dip, dport, request }
end

-- `packets` takes the VALUES of a batch, and returns what `guarded_each` does; `common` what all its packets
-- have in common; `host.call_process` the hook.
local packets, common
packets, common, host.call_process = host.load(gsub(TEXT, "%u%u%u+", parts), "=tcpkit: batch")(host.guarded_each, ends)

return packets, common, tell_ends, host.begun
