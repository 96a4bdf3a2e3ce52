-- What a protocol's functions return, read where no code of the script may run: no metamethod either.

local host = ...

local MAX_TEXT = 512 -- bytes of a text that are handed over
local MAX_ID = 256
local MAX_WHOLE = 9007199254740992 -- 2^53: numbers below are whole in every version
local MAX_REPLIES = 65536
local MAX_FLAGS = 16

local type, getmetatable, rawget, floor = type, getmetatable, rawget, math.floor
local sub, format, concat = string.sub, string.format, table.concat

local FIELDS = { "command", "replies", "flags", "id", "push" }

-- A table with the fields that are looked at.
function host.plain(told)
    if getmetatable(told) == nil then
        return told
    end
    local fields = {}
    for i = 1, #FIELDS do
        fields[FIELDS[i]] = rawget(told, FIELDS[i])
    end
    return fields
end

local function is_whole(value)
    return value == floor(value) and value < MAX_WHOLE and value > -MAX_WHOLE
end

-- A text as it is handed over; nil, and what is wrong with it.
function host.text_of(told, name)
    local value = rawget(told, name)
    if value == nil then
        return nil
    elseif type(value) == "number" then
        return format(is_whole(value) and "%d" or "%.14g", value)
    elseif type(value) ~= "string" then
        return nil, "`" .. name .. "` must be a string, not a " .. type(value)
    end
    return #value > MAX_TEXT and sub(value, 1, MAX_TEXT) or value
end

-- An id as a text, the same for 5 and 5.0; nil, and why not.
local function id_of(id)
    if type(id) == "number" then
        if is_whole(id) then
            return format("%d", id)
        end
        return nil, "an `id` that is a number is a whole one below 2^53"
    elseif type(id) ~= "string" then
        return nil, "`id` must be a string or a number, not a " .. type(id)
    elseif #id > MAX_ID then
        return nil, "`id` has more than " .. MAX_ID .. " bytes"
    end
    return id
end

host.id_of = id_of

-- Names of flags as one text; nil, and why not.
local function flags_of(flags)
    if type(flags) ~= "table" then
        return nil, "`flags` must be a list of names"
    end
    local names = {}
    for i = 1, MAX_FLAGS do
        local name = rawget(flags, i)
        if name == nil then
            break
        elseif type(name) ~= "string" then
            return nil, "`flags` must be a list of names"
        end
        names[i] = name
    end
    return concat(names, "\1")
end

-- What is special about a request: how many replies it gets, flags, an id; nil, and why that cannot be.
function host.special(told)
    local replies, flags, id, why = told.replies, told.flags, told.id, nil
    if replies == nil then
        replies = 1
    elseif type(replies) ~= "number" or replies ~= floor(replies) or replies < 0 or replies > MAX_REPLIES then
        return nil, "`replies` must be a whole number up to " .. MAX_REPLIES
    end
    if flags ~= nil then
        flags, why = flags_of(flags)
    end
    if id ~= nil and not why then
        id, why = id_of(id)
    end
    if why then
        return nil, why
    end
    return replies, flags, id
end
