-- Makes Lua's library one that a script can be let loose in.
-- Given: the host's table, `write` (takes a line; false: it could not), and the script's folder.

local host, write, folder = ...

local rawmetatable, getregistry = debug.getmetatable, debug.getregistry
local error, pcall, select, tostring, type = error, pcall, select, tostring, type
local rawget, setmetatable, pairs, unpack = rawget, setmetatable, pairs, unpack or table.unpack
local find, gsub, concat = string.find, string.gsub, table.concat
local setfenv, getfenv = setfenv, getfenv
local G = _G
local is_jit = jit ~= nil
local is_51 = setfenv ~= nil and not is_jit

-- What a script prints goes to the log.

local stdout = io.stdout

local function put(text)
    if not write(text) then
        host.attend()
        error("the log cannot be written", 0)
    end
end

local function text_of(value)
    local text = tostring(value)
    if type(text) ~= "string" then
        error("'__tostring' must return a string", 3)
    end
    return text
end

function print(...)
    local n = select("#", ...)
    if n == 1 then
        return put(text_of((...)) .. "\n")
    end
    local parts = { ... }
    for i = 1, n do
        parts[i] = text_of(parts[i])
    end
    put(concat(parts, "\t") .. "\n")
end

-- Methods in a table of their own: in some versions a script could reach the finalizer, which runs with
-- hooks off, by `io.stdout.__index.__gc`.
local file = rawmetatable(stdout)
local methods = {}
for _, name in pairs({ "close", "flush", "lines", "read", "seek", "setvbuf", "write" }) do
    methods[name] = stdout[name]
end
file.__index, file.__metatable = methods, "file"

local write_file, output = methods.write, io.output
local function write_to(to, ...)
    if to == stdout then
        put(concat({ ... }))
        return to
    end
    return write_file(to, ...)
end
methods.write = write_to

function io.write(...)
    return write_to(output(), ...)
end

-- Texts only: a binary chunk may do what no text can. Globals are named each time, since what the machine
-- takes for them is something else: see the end.

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

local function compiled(text, name, env)
    if find(text, "^\27") then
        return nil, "binary chunks are not loaded"
    end
    if not is_51 then
        return load_text(text, name, "t", env)
    end
    local chunk, why = load_string(text, name)
    return chunk and setfenv(chunk, env), why
end

function load(chunk, name, mode, ...)
    if type(chunk) == "function" then
        chunk = collected(chunk)
        name = name or "=(load)"
    end
    name = name or chunk
    if find(name, "^=tcpkit") then
        name = "=(load)" -- such names are the host's
    end
    local env = G
    if select("#", ...) > 0 then
        env = (...)
    end
    return compiled(chunk, name, env)
end

local load = load

function loadstring(chunk, name)
    return load(chunk, name)
end

function loadfile(path, mode, ...)
    local opened, why = open(path, "rb")
    if not opened then
        return nil, why
    end
    local chunk = opened:read("*a")
    opened:close()
    if chunk == nil then
        return nil, "cannot read " .. path
    end
    chunk = gsub(chunk, "^#[^\n]*", "")
    return load(chunk, "@" .. path, "t", ...)
end

local loadfile = loadfile

function dofile(path)
    local chunk, why = loadfile(path)
    if not chunk then
        error(why, 2)
    end
    return chunk()
end

-- `load` of a script or of a file of the host.
function host.load(text, name)
    return compiled(gsub(text, "^#[^\n]*", ""), name, G)
end

function host.run(text, name, ...)
    local chunk, why = compiled(text, name, G)
    if not chunk then
        error(why)
    end
    return chunk(...)
end

-- A script that frees nothing would run into its limit.
local count = collectgarbage
function collectgarbage(what, ...)
    if what == "stop" then
        return 0
    end
    return count(what or "collect", ...)
end

-- `require` finds Lua files in the script's folder, and nothing else.

local loaded = package.loaded
for _, name in pairs({ "debug", "python", "ffi", "jit.opt", "jit.util", "jit.profile" }) do
    G[name] = nil
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
        local missing = open(path, "rb")
        if missing then
            missing:close()
            error("error loading module '" .. name .. "': " .. why, 0)
        end
        return "\n\t" .. tostring(why)
    end
    return chunk, path
end

-- What is not there, since it would end the capture or could not be stopped.

if is_jit then
    jit = { version = jit.version, version_num = jit.version_num, os = jit.os, arch = jit.arch }
    loaded.jit = jit
end
newproxy, module = nil, nil

function os.exit()
    error("os.exit is not there: it would end the capture", 2)
end

if not setfenv then
    function G.setmetatable(value, metatable)
        if type(metatable) == "table" and rawget(metatable, "__gc") ~= nil then
            error("__gc is not there: nothing could stop it", 2)
        end
        return setmetatable(value, metatable)
    end
end

-- LuaJIT does not count how deep functions of C are nested: this one's take 8 KiB of the C stack each.
if is_jit then
    local depth = 0
    local function back(ok, ...)
        depth = depth - 1
        if ok then
            return ...
        end
        error((...), 0)
    end
    function string.gsub(text, pattern, by, most)
        if type(by) ~= "function" and type(by) ~= "table" then
            return gsub(text, pattern, by, most)
        end
        if depth >= 200 then
            error("C stack overflow", 2)
        end
        depth = depth + 1
        return back(pcall(gsub, text, pattern, by, most))
    end
end

-- What scripts of other versions expect.

G.unpack = unpack
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

-- The host looks up a global at each call, where nothing catches an error: a script whose globals have a
-- metatable would end the program. So that is done in a table that no script has.

local hidden = {}
if setfenv then
    setfenv(0, hidden)
    -- A level is one more in here.
    function G.getfenv(of)
        if of == nil then
            of = 1
        end
        local env = getfenv((type(of) == "number" and of > 0) and of + 1 or of)
        return env == hidden and G or env
    end
    function G.setfenv(of, env)
        if of == 0 then
            error("the environment of a thread cannot be set", 2)
        end
        return (setfenv(type(of) == "number" and of + 1 or of, env))
    end
else
    getregistry()[2] = hidden -- LUA_RIDX_GLOBALS
end
