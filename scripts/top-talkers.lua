-- Who sends and gets most, every ten seconds of capture time and at the end.
--
--   tcpkit -i em1 -S scripts/top-talkers.lua           TCP; UDP with -u
--   tcpkit -r file.pcap -p 6379 -S scripts/top-talkers.lua
--
-- For each address: payload bytes on the wire, sent and received, and the share of all bytes.
--
--   2018-11-16 18:38:40 | 10 s | 3 of 3 addresses, 1234567 bytes in 2345 packets
--   2018-11-16 18:38:40 | 10.0.0.2         |    1200000 sent |      34567 received | 100.0 %
--   2018-11-16 18:38:40 | 10.0.0.1         |      34567 sent |    1100000 received |  91.9 %
--
-- Every byte is sent by one and received by another, so the shares add up to 200 %. The last table
-- is of the whole capture. An address is forgotten when there are too many and it has little; then
-- a line `# left out` says how much that was.
--
-- What it cannot know: headers are not counted, and what was sent twice is counted twice.

local EVERY_S = 10
local SHOWN = 10
local MAX_ADDRESSES = 2000 -- that are counted at once; the busier half stays

local date, format = os.date, string.format

local function new_table()
    return { sent = {}, received = {}, size = 0, bytes = 0, packets = 0, forgotten = 0, forgotten_bytes = 0 }
end

local recent, whole = new_table(), new_table()
local began, told -- seconds since the epoch
local last

local function total(counts, address)
    return counts.sent[address] + counts.received[address]
end

-- The addresses, the busiest first.
local function ranked(counts)
    local addresses = {}
    for address in pairs(counts.sent) do addresses[#addresses + 1] = address end
    table.sort(addresses, function(a, b)
        local of_a, of_b = total(counts, a), total(counts, b)
        if of_a ~= of_b then return of_a > of_b end
        return a < b
    end)
    return addresses
end

local function forget_half(counts)
    local addresses = ranked(counts)
    for place = math.floor(#addresses / 2) + 1, #addresses do
        local address = addresses[place]
        counts.forgotten = counts.forgotten + 1
        counts.forgotten_bytes = counts.forgotten_bytes + total(counts, address)
        counts.sent[address], counts.received[address] = nil, nil
        counts.size = counts.size - 1
    end
end

local function add(counts, address, sent, received)
    local before = counts.sent[address]
    if before then
        counts.sent[address] = before + sent
        counts.received[address] = counts.received[address] + received
        return
    end
    if counts.size >= MAX_ADDRESSES then forget_half(counts) end
    counts.sent[address], counts.received[address] = sent, received
    counts.size = counts.size + 1
end

function process(packet)
    local bytes = packet.len
    last = packet.tv_sec
    began = began or last
    told = told or last
    recent.packets = recent.packets + 1
    if bytes == 0 then return end
    recent.bytes = recent.bytes + bytes
    add(recent, packet.sip, bytes, 0)
    add(recent, packet.dip, 0, bytes)
end

local function tell(counts, now, seconds)
    local when = date("%Y-%m-%d %H:%M:%S", now)
    local addresses = ranked(counts)
    print(format("%s | %d s | %d of %d addresses, %.0f bytes in %.0f packets", when, seconds,
        math.min(SHOWN, #addresses), #addresses, counts.bytes, counts.packets))
    for place = 1, math.min(SHOWN, #addresses) do
        local address = addresses[place]
        print(format("%s | %-16s | %10.0f sent | %10.0f received | %5.1f %%", when, address,
            counts.sent[address], counts.received[address], total(counts, address) / counts.bytes * 100))
    end
    if counts.forgotten > 0 then
        print(format("# left out: %d times an address with little, %.0f bytes in all",
            counts.forgotten, counts.forgotten_bytes))
    end
end

-- Add what was counted lately to the whole.
local function merge()
    for address, sent in pairs(recent.sent) do add(whole, address, sent, recent.received[address]) end
    for _, field in ipairs({ "bytes", "packets", "forgotten", "forgotten_bytes" }) do
        whole[field] = whole[field] + recent[field]
    end
    recent = new_table()
end

function tick(now)
    if not told or now - told < EVERY_S then return end
    if recent.packets > 0 then
        tell(recent, now, now - told)
        merge()
    end
    told = now
end

function finish()
    merge()
    if began then tell(whole, last, last - began + 1) end
end
