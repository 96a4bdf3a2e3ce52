-- Prints one line for every packet: time, who to whom, protocol, bytes, and the payload's beginning.
-- This is what runs in raw mode when no other script is named with -S.

local SHOWN = 64 -- payload bytes

local function printable(bytes)
    return (bytes:gsub("[^\32-\126]", function(byte)
        return string.format("\\x%02x", byte:byte())
    end))
end

local function endpoint(address, port)
    if address:find(":", 1, true) then
        return string.format("[%s]:%d", address, port)
    end
    return string.format("%s:%d", address, port)
end

function process(packet)
    local line = string.format(
        "%s.%06d %s => %s | %s %d",
        os.date("%Y-%m-%d %H:%M:%S", packet.tv_sec),
        packet.tv_usec,
        endpoint(packet.sip, packet.sport),
        endpoint(packet.dip, packet.dport),
        packet.proto,
        packet.len
    )
    if packet.size > 0 then
        line = line .. " | " .. printable(packet.payload:sub(1, SHOWN))
        if packet.size > SHOWN then
            line = line .. "..."
        end
    end
    print(line)
end
