-- Hands packets to `process`, several at once: a crossing costs as much as a packet's table.
-- The values of a batch are parameters, since each table costs. So the text of the functions that take
-- them is made here, with an @ for the number of a packet.

local host = ...
local gsub, concat = string.gsub, table.concat

local BATCH = 8 -- as in budget.lua and packets.py

local FUNCTION = [[
local call, common, ends = ...
return function(VALUES)
    local sec, ends = common.sec, ends
    ENDS
    return call(common.process, PACKETS)
end
]]
local VALUES = "slot@, nsec@, payload@, len@, seq@, ack@, flags@, window@"
local ENDS = "local ends@ = ends[slot@] "
local PACKET = [[{
    tv_sec = sec, tv_usec = USEC, tv_nsec = nsec@,
    sip = ends@[1], sport = ends@[2], dip = ends@[3], dport = ends@[4],
    payload = payload@, size = #payload@, len = len@, request = ends@[5], OTHERS
}]]
local SEGMENT = [[proto = "tcp", seq = seq@, ack = ack@, flags = flags@, window = window@]]
local DATAGRAM = [[proto = "udp"]]
-- Where numbers may be whole, / makes a float; elsewhere there is no //.
local USEC = math.type and "nsec@ // 1000" or "(nsec@ - nsec@ % 1000) / 1000"

local common = {} -- what all packets of a batch have in common
local ends = {} -- who talks to whom, by a number that stands for it until it is given to another pair

-- A function that takes the values of `count` packets, and calls `call` with the hook and their tables.
local function taker(count, others, call)
    local function each(text, between)
        local texts = {}
        for number = 1, count do
            texts[number] = gsub(text, "@", number)
        end
        return concat(texts, between)
    end
    local packet = gsub(PACKET, "%u%u%u+", { USEC = USEC, OTHERS = others })
    local parts = { VALUES = each(VALUES, ", "), ENDS = each(ENDS, ""), PACKETS = each(packet, ", ") }
    return host.load(gsub(FUNCTION, "%u%u%u+", parts), "=tcpkit: batch")(call, common, ends)
end

function host.call_process(process)
    common.process = process
end

local function second(now)
    common.sec = now
end

local function tell_ends(slot, sip, sport, dip, dport, request)
    ends[slot] = { sip, sport, dip, dport, request }
end

return taker(BATCH, SEGMENT, host.guarded_each), taker(1, SEGMENT, host.guarded),
    taker(BATCH, DATAGRAM, host.guarded_each), taker(1, DATAGRAM, host.guarded), second, tell_ends, host.begun
