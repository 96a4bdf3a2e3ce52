-- How long DNS queries took, from the packets.
--
--   tcpkit -i em1 -p 53 -u -S scripts/dns.lua          DNS over UDP
--   tcpkit -r file.pcap -p 53 -S scripts/dns.lua       DNS over TCP
--
-- A line for each query: local time of the answer, client, server, latency, question, RCODE.
-- When the query was sent more than once, the latency counts from the first. A query without
-- an answer is a timeout; its time is that of giving up.
--
--   2026-11-24 14:05:31.430102 10.0.0.1:59509 => 10.0.0.2:53 | 0.504 ms | A www.example | NOERROR
--   2026-11-24 14:05:31.430102 10.0.0.1:59509 => 10.0.0.2:53 | 50.1 ms | A here | NOERROR | sent 2 times
--   2026-11-24 14:05:41.430102 10.0.0.1:59509 => 10.0.0.2:53 | timeout | A once.here | sent 3 times
--
-- At the end it says, in a line that begins with `#`, what it left out.
--
-- What it cannot know: answers in IP fragments that were lost, messages over TCP that are not whole
-- in one packet, RCODEs above 15 (EDNS keeps their upper bits elsewhere), and whether two packets
-- are one that was captured twice. `tcpkit -m dns` knows these.

local TIMEOUT_S = 10
local MAX_WAITING = 50000 -- queries; more are left out
local MAX_QUESTIONS = 5000 -- whose texts are kept

local byte, find, format, gsub, sub = string.byte, string.find, string.format, string.gsub, string.sub
local lower, floor, date = string.lower, math.floor, os.date

local TYPES = {
    [1] = "A", [2] = "NS", [5] = "CNAME", [6] = "SOA", [12] = "PTR", [13] = "HINFO", [15] = "MX",
    [16] = "TXT", [28] = "AAAA", [33] = "SRV", [35] = "NAPTR", [39] = "DNAME", [43] = "DS",
    [46] = "RRSIG", [47] = "NSEC", [48] = "DNSKEY", [50] = "NSEC3", [52] = "TLSA", [64] = "SVCB",
    [65] = "HTTPS", [99] = "SPF", [251] = "IXFR", [252] = "AXFR", [255] = "ANY", [257] = "CAA",
}
local RCODES = {
    [0] = "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET",
    "NXRRSET", "NOTAUTH", "NOTZONE",
}

local ports = { [53] = true }
local waiting, waiting_size = {}, 0 -- by ends, id and question: when it was sent, in ns since `base`
local sent = {} -- by the same: how often, where that is more than once
local questions, questions_size = {}, 0 -- by their bytes: their text
local base -- the first packet's second: what counts from it is exact in any Lua
local left_out, unpaired, unread, repeated = 0, 0, 0, 0

function init(config)
    if #config.ports > 0 then ports = {} end
    for _, port in ipairs(config.ports) do ports[port] = true end
end

local escapes = {}
for code = 0, 255 do
    if code <= 32 or code >= 127 then escapes[string.char(code)] = format("\\x%02x", code) end
end
escapes["."], escapes["\\"] = "\\.", "\\\\"

-- The text of the name at `at`, and the place behind it; nil if it is none.
local function read_name(message, at)
    local labels, begin = {}, at
    while true do
        local size = byte(message, at)
        if not size or size > 63 or at - begin > 254 then return nil end
        if size == 0 then break end
        labels[#labels + 1] = (gsub(sub(message, at + 1, at + size), ".", escapes))
        at = at + size + 1
    end
    return #labels == 0 and "." or table.concat(labels, "."), at + 1
end

-- The text of the question: `A www.example`, in small letters; nil if it is none.
-- It is kept by its bytes. The name ends at a zero, nearly always at the first one.
local function read_question(message)
    local zero = find(message, "\0", 13, true)
    if not zero then return nil end
    local bytes = sub(message, 13, zero + 2)
    local question = questions[bytes]
    if question then return question end
    local name, behind = read_name(message, 13)
    local high, low
    if name then high, low = byte(message, behind, behind + 1) end
    if not low then return nil end
    local kind = high * 256 + low
    question = (TYPES[kind] or "TYPE" .. kind) .. " " .. lower(name)
    if behind == zero + 1 then
        if questions_size >= MAX_QUESTIONS then questions, questions_size = {}, 0 end
        questions[bytes] = question
        questions_size = questions_size + 1
    end
    return question
end

local second, second_text
local function time_text(sec, usec)
    if sec ~= second then
        second = sec
        second_text = date("%Y-%m-%d %H:%M:%S.", sec)
    end
    return format("%s%06d", second_text, usec)
end

local function end_text(address, port)
    return find(address, ":", 1, true) and "[" .. address .. "]:" .. port or address .. ":" .. port
end

-- Of a key of `waiting`: the ends, a blank, two bytes of id, the question.
local function ends_and_question(key)
    local blank = find(key, " ", find(key, " => ", 1, true) + 4, true)
    return sub(key, 1, blank - 1), sub(key, blank + 3)
end

local function times_text(count)
    return count and " | sent " .. count .. " times" or ""
end

local function query(key, now)
    if waiting[key] then
        sent[key] = (sent[key] or 1) + 1
        repeated = repeated + 1
    elseif waiting_size >= MAX_WAITING then
        left_out = left_out + 1
    else
        waiting[key] = now
        waiting_size = waiting_size + 1
    end
end

local function answer(key, now, packet, rcode)
    local asked = waiting[key]
    if not asked then
        unpaired = unpaired + 1
        return
    end
    local count = sent[key]
    waiting[key] = nil
    sent[key] = nil
    waiting_size = waiting_size - 1
    local ends, question = ends_and_question(key)
    print(format("%s %s | %.3f ms | %s | %s%s", time_text(packet.tv_sec, packet.tv_usec), ends,
        (now - asked) / 1e6, question, RCODES[rcode] or "RCODE" .. rcode, times_text(count)))
end

local function message(packet, bytes)
    local _, _, first_flags, last_flags, high, low = byte(bytes, 1, 6)
    -- one question, and the opcode QUERY
    local question = low == 1 and high == 0 and floor(first_flags / 8) % 16 == 0 and read_question(bytes)
    if not question then
        unread = unread + 1
        return
    end
    local now = (packet.tv_sec - base) * 1e9 + packet.tv_nsec
    local source, destination = end_text(packet.sip, packet.sport), end_text(packet.dip, packet.dport)
    local id = sub(bytes, 1, 2)
    if first_flags < 128 then
        if ports[packet.dport] then query(source .. " => " .. destination .. " " .. id .. question, now) end
    elseif ports[packet.sport] then
        answer(destination .. " => " .. source .. " " .. id .. question, now, packet, last_flags % 16)
    end
end

function process(packet)
    base = base or packet.tv_sec
    local bytes = packet.payload
    if packet.proto == "udp" then
        if ports[packet.dport] or ports[packet.sport] then message(packet, bytes) end
        return
    end
    if packet.size == 0 or not (ports[packet.dport] or ports[packet.sport]) then return end
    local at = 1 -- messages over TCP have their length before them
    while at + 1 <= packet.size do
        local high, low = byte(bytes, at, at + 1)
        local last = at + 1 + high * 256 + low
        if last > packet.size then break end
        message(packet, sub(bytes, at + 2, last))
        at = last + 1
    end
    if at <= packet.size then unread = unread + 1 end
end

local function by_age(a, b)
    if a.asked ~= b.asked then return a.asked < b.asked end
    return a.key < b.key
end

function tick(now)
    if not base then return end
    local limit = (now - base - TIMEOUT_S) * 1e9
    local late = {}
    for key, asked in pairs(waiting) do
        if asked <= limit then late[#late + 1] = { key = key, asked = asked } end
    end
    table.sort(late, by_age)
    for _, each in ipairs(late) do
        local sec = floor(each.asked / 1e9)
        local usec = floor((each.asked - sec * 1e9) / 1000)
        local ends, question = ends_and_question(each.key)
        print(format("%s %s | timeout | %s%s", time_text(base + sec + TIMEOUT_S, usec), ends, question,
            times_text(sent[each.key])))
        waiting[each.key] = nil
        sent[each.key] = nil
    end
    waiting_size = waiting_size - #late
end

function finish()
    print(format("# at the end %d queries wait; answers to no query %d, repeated queries %d, "
        .. "messages not read %d, queries left out %d", waiting_size, unpaired, repeated, unread, left_out))
end
