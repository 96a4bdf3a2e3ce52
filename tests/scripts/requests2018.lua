-- In the manner of the scripts for the C original: requests with their cost, and a hash of their bytes.
local last = {}

function process(packet)
    local key = packet.request and packet.sip .. ":" .. packet.sport or packet.dip .. ":" .. packet.dport
    if packet.size == 0 then
        return
    end
    local time = packet.tv_sec * 1000000 + packet.tv_usec
    if packet.request then
        last[key] = { time = time, payload = packet.payload }
        return
    end
    local request = last[key]
    if request and packet.payload:byte(1) ~= 45 then
        local cost = time - request.time
        local hash = 0
        for i = 1, #request.payload do
            hash = bit32.band(bit32.bxor(bit32.lshift(hash, 5), request.payload:byte(i)), 0xffffffff)
        end
        print(string.format("%u.%06u %s => %s:%u cost %u us, hash %08x, type %u",
            packet.tv_sec, packet.tv_usec, key, packet.sip, packet.sport, cost, hash,
            bit32.rshift(bit32.band(packet.payload:byte(1), 0xf0), 4)))
    end
    last[key] = nil
end
