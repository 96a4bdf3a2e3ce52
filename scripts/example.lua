-- Prints a line for each packet. This is what raw mode runs when no script is named.
--
--   tcpkit -i em1
--   tcpkit -r file.pcap -p 6379
--
-- TCP, and UDP (with -u):
--
--   2018-11-16 18:38:36.873067 172.20.64.106:53499 => 192.168.1.2:6379 | [P.] seq 1 ack 1 len 5 | hello
--   2018-11-16 18:38:36.873067 172.20.64.106:53499 => 192.168.1.2:53 | udp len 5 | hello
--
-- Local time, source, destination, flags as tcpdump writes them, payload bytes on the wire, and
-- the first 64 bytes of the payload. What cannot be printed is \xNN; `...`: there was more.
--
-- What it cannot know: which packets belong together, or were sent twice.

local SHOWN = 64 -- payload bytes; each is at most four characters
local LETTERS = "FSRP.UEW" -- from the lowest bit of the flags on

local date, format, find, gsub, sub = os.date, string.format, string.find, string.gsub, string.sub

local flags_text = {}
for flags = 0, 255 do
    local letters, bits = "", flags
    for place = 1, 8 do
        if bits % 2 == 1 then letters = letters .. sub(LETTERS, place, place) end
        bits = (bits - bits % 2) / 2
    end
    flags_text[flags] = letters == "" and "none" or letters
end

local escapes = {}
for byte = 0, 255 do escapes[string.char(byte)] = format("\\x%02x", byte) end

local second, second_text
local function time_text(packet)
    if packet.tv_sec ~= second then
        second = packet.tv_sec
        second_text = date("%Y-%m-%d %H:%M:%S", second)
    end
    return format("%s.%06d", second_text, packet.tv_usec)
end

local function address_text(address)
    return find(address, ":", 1, true) and "[" .. address .. "]" or address
end

local function payload_text(packet)
    if packet.size == 0 then return "" end
    local shown = gsub(sub(packet.payload, 1, SHOWN), "[^ -~]", escapes)
    local more = packet.len > SHOWN or packet.len > packet.size
    return " | " .. shown .. (more and "..." or "")
end

function process(packet)
    local header
    if packet.proto == "tcp" then
        header = format("[%s] seq %.0f ack %.0f len %d",
            flags_text[packet.flags % 256], packet.seq, packet.ack, packet.len)
    else
        header = format("udp len %d", packet.len)
    end
    print(format("%s %s:%d => %s:%d | %s%s", time_text(packet),
        address_text(packet.sip), packet.sport, address_text(packet.dip), packet.dport,
        header, payload_text(packet)))
end
