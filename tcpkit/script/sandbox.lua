-- Runs first in a new virtual machine: makes it safe to let a script loose in it.
-- Given: `write` (takes a line; false: it could not), the budget in instructions (0: none), how many of
-- them pass between two looks, and the script's folder. Returns what the other files of this folder need.

local write, budget, look, folder = ...

local sethook, traceback, rawmetatable = debug.sethook, debug.traceback, debug.getmetatable
local getinfo = debug.getinfo
local create, resume, running = coroutine.create, coroutine.resume, coroutine.running
local error, pcall, xpcall, select, tostring, type = error, pcall, xpcall, select, tostring, type
local rawget, setmetatable, pairs, next, unpack = rawget, setmetatable, pairs, next, unpack or table.unpack
local byte, find, gsub, sub, concat = string.byte, string.find, string.gsub, string.sub, table.concat
local is_jit = jit ~= nil
local is_51 = setfenv ~= nil and not is_jit

local host = {}

if _VERSION == "Lua 5.4" or _VERSION == "Lua 5.5" then
    collectgarbage("generational") -- nearly every packet's table is garbage at once
end

-- The budget. A hook looks every so many instructions. Once the budget is spent it looks at each one,
-- so that a script's own pcall cannot outlive it.

local used, spent = 0, false
local narrowed = {} -- threads whose hook looks at each instruction
local MAIN = {}

local callers = {} -- functions of this folder that call the script: with them the call is over

local function hook()
    used = used + look
    if used < budget and not spent then
        return
    end
    if spent and callers[getinfo(2, "f").func] then
        return
    end
    spent = true
    narrowed[running() or MAIN] = true
    sethook(hook, "", 1)
    error("the budget of " .. budget .. " instructions is spent", 2)
end

local function widen()
    for thread in next, narrowed do
        if thread == MAIN then
            sethook(hook, "", look)
        else
            sethook(thread, hook, "", look)
        end
    end
    narrowed = {}
    spent = false
end

if budget > 0 then
    sethook(hook, "", look)
    -- Each thread has a hook of its own, except in LuaJIT.
    if not is_jit then
        coroutine.create = function(body)
            local thread = create(body)
            sethook(thread, hook, "", look)
            return thread
        end
        local function pass(ok, ...)
            if ok then
                return ...
            end
            error((...), 0)
        end
        coroutine.wrap = function(body)
            local thread = coroutine.create(body)
            return function(...)
                return pass(resume(thread, ...))
            end
        end
    end
end

-- While the hook raises, hooks are off: a script's own handler must not run then.
function _G.xpcall(body, handler, ...)
    local function guarded(problem)
        if spent then
            return problem
        end
        return handler(problem)
    end
    if is_51 then
        return xpcall(body, guarded)
    end
    return xpcall(body, guarded, ...)
end

-- Errors.

local NOISE = { "^%s*tcpkit:", "^%s*%[C%]: in [%w ]*'?xpcall'?", "^%s*%[C%]: in [%w ]*'error'$" }
local ENDS = { "^%s*%[C%]: in %?", "^%s*%(%.%.%.tail calls%.%.%.%)", "^%s*%(tail call%)" }

local function is_one_of(line, patterns)
    for _, pattern in pairs(patterns) do
        if find(line, pattern) then
            return true
        end
    end
    return false
end

-- The message and the stack, without the frames of this folder.
local function cleaned(text)
    local lines = {}
    for line in (text .. "\n"):gmatch("([^\n]*)\n") do
        if #lines == 0 then
            lines[1] = gsub(line, "^tcpkit: %w+:%d+: ", "")
        elseif not is_one_of(line, NOISE) then
            lines[#lines + 1] = line
        end
    end
    while is_one_of(lines[#lines], ENDS) or lines[#lines] == "stack traceback:" do
        lines[#lines] = nil
    end
    return concat(lines, "\n")
end

local function text_of(problem)
    if type(problem) == "string" then
        return problem
    end
    local ok, text = pcall(tostring, problem)
    return ok and type(text) == "string" and text or "an error without a text"
end

local function explain(problem)
    return cleaned(traceback(text_of(problem), 2))
end

local argument, body_of -- what runs next, where xpcall takes no arguments
local function with_argument()
    return body_of(argument)
end

-- Call `body(value)` within the budget: nothing, or the report of what went wrong, and `true` if that
-- was the budget.
local function outcome(ok, report)
    if spent then
        widen()
        return ok and "the budget is spent" or report, true
    end
    if not ok then
        return report
    end
end

if is_51 then
    function host.guarded(body, value)
        used = 0
        argument, body_of = value, body
        local ok, report = xpcall(with_argument, explain)
        if ok and not spent then
            return
        end
        return outcome(ok, report)
    end
else
    function host.guarded(body, value)
        used = 0
        local ok, report = xpcall(body, explain, value)
        if ok and not spent then
            return
        end
        return outcome(ok, report)
    end
end

-- For what runs in a coroutine: `begin` before it is resumed; `stop` after it failed.
function host.begin()
    used = 0
    if spent then
        widen()
    end
end

-- Whether the budget was spent.
function host.stop()
    if spent then
        widen()
        return true
    end
    return false
end

callers[host.guarded], callers[outcome], callers[widen] = true, true, true
callers[host.begin], callers[host.stop] = true, true

-- `caller` resumes threads itself, between `begin` and `stop`.
function host.trust(caller)
    callers[caller] = true
end

host.create = coroutine.create
host.resume = resume
function host.explain_thread(thread, problem)
    return cleaned(traceback(thread, text_of(problem)))
end

-- What a script prints goes to the log.

local function put(text)
    if not write(text) then
        error("the log cannot be written", 0)
    end
end

function print(...)
    local n = select("#", ...)
    if n == 1 then
        return put(tostring((...)) .. "\n")
    end
    local parts = { ... }
    for i = 1, n do
        parts[i] = tostring(parts[i])
    end
    put(concat(parts, "\t") .. "\n")
end

function io.write(...)
    put(concat({ ... }))
    return io.stdout
end

-- Texts only: a binary chunk may do what no text can.

local function text_only(chunk, name)
    if type(chunk) == "string" and byte(chunk) == 27 then
        return nil, "binary chunks are not loaded"
    end
    return true
end

local load_text, load_string, open = load, loadstring, io.open

local function collected(reader)
    local parts = {}
    repeat
        local part = reader()
        if part ~= nil and type(part) ~= "string" then
            error("load: the function must give strings", 3)
        end
        parts[#parts + 1] = part
    until part == nil or part == ""
    return concat(parts)
end

function load(chunk, name, mode, ...)
    if type(chunk) == "function" then
        chunk = collected(chunk)
        name = name or "=(load)"
    end
    local ok, why = text_only(chunk)
    if not ok then
        return nil, why
    end
    if is_51 then
        return load_string(chunk, name)
    end
    if select("#", ...) > 0 then
        return load_text(chunk, name, "t", (...))
    end
    return load_text(chunk, name, "t")
end

function loadstring(chunk, name)
    return load(chunk, name)
end

function loadfile(path, mode, ...)
    local file, why = open(path, "rb")
    if not file then
        return nil, why
    end
    local chunk = file:read("*a")
    file:close()
    if chunk == nil then
        return nil, "cannot read " .. path
    end
    chunk = gsub(chunk, "^#[^\n]*", "")
    return load(chunk, "@" .. path, "t", ...)
end

function dofile(path)
    local chunk, why = loadfile(path)
    if not chunk then
        error(why, 2)
    end
    return chunk()
end

-- The rest of what is not there.

local loaded = package.loaded
for _, name in pairs({ "debug", "python", "ffi", "jit.opt", "jit.util", "jit.profile" }) do
    _G[name] = nil
    loaded[name] = nil
end
for name in pairs(package.preload) do
    package.preload[name] = nil
end
package.loadlib = nil
package.cpath = ""
package.path = folder .. "/?.lua"
local searchers = package.searchers or package.loaders
for i = #searchers, 3, -1 do
    searchers[i] = nil
end
searchers[2] = function(name)
    local path = folder .. "/" .. gsub(name, "%.", "/") .. ".lua"
    local chunk, why = loadfile(path)
    if not chunk then
        return "\n\t" .. tostring(why)
    end
    return chunk, path
end
if is_jit then
    jit = { version = jit.version, version_num = jit.version_num, os = jit.os, arch = jit.arch }
    loaded.jit = jit
end
newproxy = nil
rawmetatable(io.stdout).__metatable = "file" -- finalizers run with hooks off

function os.exit()
    error("os.exit is not there: it would end the capture", 2)
end

if not setfenv then
    function _G.setmetatable(value, metatable)
        if type(metatable) == "table" and rawget(metatable, "__gc") ~= nil then
            error("__gc is not there: nothing could stop it", 2)
        end
        return setmetatable(value, metatable)
    end
end

-- What scripts of other versions expect.

_G.unpack = unpack
table.unpack = unpack
if not pcall(string.format, "%u", 1) then
    local format = string.format
    function string.format(pattern, ...)
        if type(pattern) == "string" and find(pattern, "u", 1, true) then
            pattern = gsub(pattern, "%%([%-+ #0]*%d*%.?%d*)([%%u])", function(options, kind)
                return "%" .. options .. (kind == "u" and "d" or kind)
            end)
        end
        return format(pattern, ...)
    end
end

-- What the host hands over as one text: its parts, separated by bytes of 1.
function host.words(text)
    local parts = {}
    for part in text:gmatch("[^\1]+") do
        parts[#parts + 1] = part
    end
    return parts
end

return host
