-- `tcpkit.protocol`: what a script defines while it is loaded.

local host = ...

local NAME = "^[a-z][a-z0-9_-]*$"
local MAX_NAME = 32
local MAX_PORTS = 1024
local TRANSPORTS = { tcp = true, udp = true, both = true }

local type, tostring, error, ipairs, floor = type, tostring, error, ipairs, math.floor
local find, format, concat = string.find, string.format, table.concat

local definitions = {}
host.definitions = definitions

local told = false -- the host knows the modes that there are

-- The ports as texts; nil, and why not.
local function checked_ports(definition)
    local ports = definition.ports or { definition.port }
    if type(ports) ~= "table" or #ports == 0 then
        return nil, "`port`, a number, or `ports`, a list, is needed"
    elseif #ports > MAX_PORTS then
        return nil, "`ports` has more than " .. MAX_PORTS
    end
    local texts = {}
    for i = 1, #ports do
        local port = ports[i]
        if type(port) ~= "number" or port ~= floor(port) or port < 1 or port > 65535 then
            return nil, "a port is a number from 1 to 65535, not " .. tostring(port)
        end
        texts[i] = format("%d", port)
    end
    return concat(texts, "\1")
end

-- A definition that can be relied on; nil, and why not.
local function checked(definition)
    local name = definition.name
    if type(name) ~= "string" or not find(name, NAME) or #name > MAX_NAME then
        return nil, "`name` is the mode's: small letters, digits, - and _, not " .. tostring(name)
    end
    for _, other in ipairs(definitions) do
        if other.name == name then
            return nil, name .. " is defined already"
        end
    end
    local transport = definition.transport
    if transport == nil then
        transport = "tcp"
    elseif not TRANSPORTS[transport] then
        return nil, "`transport` is tcp, udp or both, not " .. tostring(transport)
    end
    local found = { name = name, transport = transport }
    for _, key in ipairs({ "request", "reply", "starts", "matches" }) do
        local value = definition[key]
        local is_optional = key == "starts" or key == "matches"
        if type(value) ~= "function" and not (is_optional and value == nil) then
            return nil, "`" .. key .. "` is a function, not " .. tostring(value)
        end
        found[key] = value
    end
    local why
    found.ports, why = checked_ports(definition)
    if not found.ports then
        return nil, why
    end
    return found
end

tcpkit = {}

function tcpkit.protocol(definition)
    if type(definition) ~= "table" then
        error("tcpkit.protocol takes a table, not " .. tostring(definition), 2)
    end
    if told then
        error("tcpkit.protocol: only while the script is loaded", 2)
    end
    local found, why = checked(definition)
    if not found then
        error("tcpkit.protocol: " .. why, 2)
    end
    definitions[#definitions + 1] = found
end

-- Name, ports, transport, and which functions there are of the `index`th definition; nothing behind the last.
function host.describe(index)
    told = true
    local definition = definitions[index]
    if definition then
        return definition.name, definition.ports, definition.transport, definition.starts ~= nil,
            definition.matches ~= nil
    end
end
