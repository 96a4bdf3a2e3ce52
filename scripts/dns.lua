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
--   2026-11-24 14:05:31.430102 10.0.0.1:59509 => 10.0.0.2:53 | 50.100 ms | A here | NOERROR | sent 2 times
--   2026-11-24 14:05:41.430102 10.0.0.1:59509 => 10.0.0.2:53 | timeout | A once.here | sent 3 times
--
-- At the end it says, in a line that begins with `#`, what it left out.
--
-- What it cannot know: answers in IP fragments that were lost, messages over TCP that are not whole
-- in one packet, RCODEs above 15 (EDNS keeps their upper bits elsewhere), and whether two packets
-- are one that was captured twice. `tcpkit -m dns` knows these.

local TIMEOUT_S = 10
local MAX_WAITING = 20000 -- queries; more are left out
local MAX_QUESTIONS = 5000 -- whose texts are kept

local byte, find, format, gsub, sub = string.byte, string.find, string.format, string.gsub, string.sub
local lower, match, floor, date = string.lower, string.match, math.floor, os.date

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

-- The text of a question as it is on the wire.
local function read_question(bytes)
    local name, at = nil, 1
    local size = byte(bytes, 1)
    while size ~= 0 do
        local label = sub(bytes, at + 1, at + size)
        if find(label, "[%c%s.\\\127-\255]") then label = gsub(label, ".", escapes) end
        name = name and name .. "." .. label or label
        at = at + size + 1
        size = byte(bytes, at)
    end
    local high, low = byte(bytes, at + 1, at + 2)
    local kind = high * 256 + low
    return (TYPES[kind] or "TYPE" .. kind) .. " " .. (name or ".")
end

local function question_text(bytes)
    local text = questions[bytes]
    if not text then
        if questions_size >= MAX_QUESTIONS then questions, questions_size = {}, 0 end
        text = read_question(bytes)
        questions[bytes] = text
        questions_size = questions_size + 1
    end
    return text
end

local second, second_text
local function date_of(sec)
    if sec ~= second then
        second = sec
        second_text = date("%Y-%m-%d %H:%M:%S", sec)
    end
    return second_text
end

local function ends_text(client, client_port, server, server_port)
    local form = find(client, ":", 1, true) and "[%s]:%s => [%s]:%s" or "%s:%s => %s:%s"
    return format(form, client, client_port, server, server_port)
end

local function times_text(count)
    return " | sent " .. count .. " times"
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

local ANSWER_4 = "%s.%06d %s:%d => %s:%d | %.3f ms | %s | %s%s"
local ANSWER_6 = "%s.%06d [%s]:%d => [%s]:%d | %.3f ms | %s | %s%s"

local function answer(key, now, packet, bytes, rcode)
    local asked = waiting[key]
    if not asked then
        unpaired = unpaired + 1
        return
    end
    local count = sent[key]
    if count then sent[key] = nil end
    waiting[key] = nil
    waiting_size = waiting_size - 1
    local form = find(packet.sip, ":", 1, true) and ANSWER_6 or ANSWER_4
    print(format(form, packet.tv_sec == second and second_text or date_of(packet.tv_sec),
        packet.tv_usec, packet.dip, packet.dport, packet.sip, packet.sport, (now - asked) / 1e6,
        questions[bytes] or question_text(bytes), RCODES[rcode] or "RCODE" .. rcode,
        count and times_text(count) or ""))
end

-- Where the first question's name has its zero; nil if it is none.
local function end_of_name(bytes)
    local at = 13
    local size = byte(bytes, at)
    while size ~= 0 do
        if not size or size > 63 or at > 267 then return nil end
        at = at + size + 1
        size = byte(bytes, at)
    end
    return at
end

local function message(packet, bytes)
    local _, _, first_flags, last_flags, high, low = byte(bytes, 1, 6)
    -- one question, opcode QUERY
    local zero = low == 1 and high == 0 and first_flags % 128 < 8 and end_of_name(bytes)
    if not zero or zero + 4 > #bytes then
        unread = unread + 1
        return
    end
    local now = (packet.tv_sec - base) * 1e9 + packet.tv_nsec
    -- a size in a name is less than any letter
    local question = lower(sub(bytes, 13, zero)) .. sub(bytes, zero + 1, zero + 2)
    if first_flags < 128 then
        if ports[packet.dport] then
            query(packet.sip .. " " .. packet.sport .. " " .. packet.dip .. " " .. packet.dport
                .. " " .. sub(bytes, 1, 2) .. question, now)
        end
    elseif ports[packet.sport] then
        answer(packet.dip .. " " .. packet.dport .. " " .. packet.sip .. " " .. packet.sport
            .. " " .. sub(bytes, 1, 2) .. question, now, packet, question, last_flags % 16)
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
        local client, client_port, server, server_port, question =
            match(each.key, "^(%S+) (%S+) (%S+) (%S+) ..(.*)$")
        print(format("%s.%06d %s | timeout | %s%s", date_of(base + sec + TIMEOUT_S), usec,
            ends_text(client, client_port, server, server_port), question_text(question),
            sent[each.key] and times_text(sent[each.key]) or ""))
        waiting[each.key] = nil
        sent[each.key] = nil
    end
    waiting_size = waiting_size - #late
end

function finish()
    print(format("# at the end %d queries wait; answers to no query %d, repeated queries %d, "
        .. "messages not read %d, queries left out %d", waiting_size, unpaired, repeated, unread, left_out))
end
