-- In the manner of the README of 2018: every packet with its payload.
function process(packet)
    if packet.len > 0 then
        local time_str = os.date('%Y-%m-%d %H:%M:%S', packet.tv_sec)..'.'..string.format("%06u", packet.tv_usec)
        print(string.format("%s %s:%u=>%s:%u %s %u %s",
            time_str, packet.sip, packet.sport, packet.dip, packet.dport,
            tostring(packet.request), packet.len, packet.payload:gsub("[^\32-\126]", ".")))
    end
end
