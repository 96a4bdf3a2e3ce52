-- Alarms: too many errors, too many slow requests, a server that does not answer.
--
--   tcpkit -i em1 -m redis -S scripts/alert.lua -t 100000 -o /var/log/alarms
--
-- Any mode but raw. Every request is looked at, whatever -t is; the log's own lines stand between
-- the alarms, and a large -t leaves them out (but for timeouts and aborted requests).
-- A line for each alarm, and one when it is over; local time:
--
--   2018-11-16 18:38:36 ALARM 10.0.0.2:6379 errors: 12 of 40 requests (30.0 %) in 10 s
--   2018-11-16 18:38:51 over  10.0.0.2:6379 errors: 0 of 52 requests (0.0 %) in 10 s
--   2018-11-16 18:38:36 ALARM 10.0.0.2:6379 slow: 20 of 40 requests (50.0 %) in 10 s
--   2018-11-16 18:38:36 ALARM 10.0.0.2:6379 timeouts: 3 of 3 requests (100.0 %) in 10 s
--
-- What it cannot know: why. And silence is no alarm: a server that nobody asks has no errors.

local WINDOW_S = 10 -- of capture time; looked at every second
local SLOW_MS = 100
local MAX_SLOW_SHARE = 0.05 -- more than this share of the requests
local MAX_ERROR_SHARE = 0.05
local MAX_TIMEOUTS = 0 -- more than so many
local MIN_REQUESTS = 20 -- a share of fewer says nothing
local MAX_SERVERS = 1000 -- more are left out

local KINDS = { "errors", "slow", "timeouts" }

local servers, size, left_out = {}, 0, 0
local slot = 0 -- of the current second, in every server's ring
local alarms = 0

local function new_server()
    local ring = {}
    for place = 0, WINDOW_S - 1 do ring[place] = { requests = 0, errors = 0, slow = 0, timeouts = 0 } end
    return { ring = ring, alarm = {}, idle_s = 0 }
end

local function server_of(address)
    local server = servers[address]
    if server then return server end
    if size >= MAX_SERVERS then
        left_out = left_out + 1
        return nil
    end
    server = new_server()
    servers[address] = server
    size = size + 1
    return server
end

function exchange(e)
    -- a request without a reply by design says nothing; one that was aborted neither
    if e.status == "silent" or e.status == "aborted" then return end
    local server = server_of(e.server)
    if not server then return end
    server.idle_s = 0
    local counts = server.ring[slot]
    counts.requests = counts.requests + 1
    if e.status == "timeout" then
        counts.timeouts = counts.timeouts + 1
    elseif e.status == "error" then
        counts.errors = counts.errors + 1
    end
    for _, flag in ipairs(e.flags) do
        if flag == "blocking" then return end -- waiting is its job
    end
    if e.latency_ns and e.latency_ns >= SLOW_MS * 1e6 then counts.slow = counts.slow + 1 end
end

local function is_alarming(kind, count, requests)
    if kind == "timeouts" then return count > MAX_TIMEOUTS end
    local share = kind == "errors" and MAX_ERROR_SHARE or MAX_SLOW_SHARE
    return requests >= MIN_REQUESTS and count > share * requests
end

local function tell(now, word, address, kind, count, requests)
    print(string.format("%s %s %s %s: %d of %d requests (%.1f %%) in %d s",
        os.date("%Y-%m-%d %H:%M:%S", now), word, address, kind, count, requests,
        requests == 0 and 0 or 100 * count / requests, WINDOW_S))
end

local function look_at(now, address, server)
    local sums = { requests = 0, errors = 0, slow = 0, timeouts = 0 }
    for place = 0, WINDOW_S - 1 do
        for name, count in pairs(server.ring[place]) do sums[name] = sums[name] + count end
    end
    for _, kind in ipairs(KINDS) do
        local alarming = is_alarming(kind, sums[kind], sums.requests)
        if alarming and not server.alarm[kind] then
            alarms = alarms + 1
            tell(now, "ALARM", address, kind, sums[kind], sums.requests)
        elseif not alarming and server.alarm[kind] then
            tell(now, "over ", address, kind, sums[kind], sums.requests)
        end
        server.alarm[kind] = alarming
    end
end

local function addresses_in_order()
    local addresses = {}
    for address in pairs(servers) do addresses[#addresses + 1] = address end
    table.sort(addresses)
    return addresses
end

local function look_at_all(now)
    for _, address in ipairs(addresses_in_order()) do look_at(now, address, servers[address]) end
end

local last = 0
function tick(now)
    last = now
    look_at_all(now)
    slot = (slot + 1) % WINDOW_S
    for _, address in ipairs(addresses_in_order()) do
        local server = servers[address]
        server.ring[slot] = { requests = 0, errors = 0, slow = 0, timeouts = 0 }
        server.idle_s = server.idle_s + 1
        if server.idle_s > WINDOW_S then
            servers[address] = nil
            size = size - 1
        end
    end
end

function finish()
    if last > 0 then look_at_all(last + 1) end
    local open = 0
    for _, server in pairs(servers) do
        for _, kind in ipairs(KINDS) do
            if server.alarm[kind] then open = open + 1 end
        end
    end
    print(string.format("# alarms %d, of which %d are not over; requests of servers left out %d",
        alarms, open, left_out))
end
