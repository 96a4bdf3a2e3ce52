-- How much a call of the script may take: instructions, and memory.
-- Given: the host's table; the budget in instructions (0: none), how many of them pass between two
-- looks; `bound`, which turns the machine's limit of memory on and off; how many KiB the script may hold
-- between two calls, and how many there may be before what it does not hold is freed.

local host, budget, look, bound, held_most, used_most = ...

local sethook, getinfo = debug.sethook, debug.getinfo
local create, resume, running, close = coroutine.create, coroutine.resume, coroutine.running, coroutine.close
local error, pcall, xpcall, setmetatable, type, next, unpack = error, pcall, xpcall, setmetatable, type, next, unpack
local find = string.find
local count = collectgarbage
local explain = host.explain
local is_jit = jit ~= nil
local is_51 = setfenv ~= nil and not is_jit
local has_emergencies = not setfenv -- collects all garbage when memory is out

local SPENT = "the budget of " .. budget .. " instructions is spent"
local HOLDS = "the script holds too much memory between its calls"
-- What is not to be broken off: it comes to an end, and calls nothing of the script's but within the bounds.
local OURS = {
    ["=tcpkit: budget"] = true, ["=tcpkit: report"] = true, ["=tcpkit: hooks"] = true, ["=tcpkit: batch"] = true,
}
local MEMORY_TRIES = 20 -- to get memory when there is none, before the call is over

-- Instructions. A hook looks every so many of them. Once the budget is spent it looks at each one, so
-- that a script's own pcall cannot outlive it.

local THREAD_LOOK = 1000 -- in a coroutine; what a short one does not show is charged when it is made
if THREAD_LOOK > look then
    THREAD_LOOK = look
end

local used, spent = -math.huge, false -- since the last call; before the first one no end of it
local main_is_narrow, threads_are_narrow = false, false
-- What the hook did in coroutines; entries are made when there is memory.
local FREE, NARROW, RUINED = 0, 1, 2
local states = setmetatable({}, { __mode = "k" })

-- Look at each instruction of what runs. It is broken off where the script's own code is.
local function narrow(step)
    local ours = OURS[getinfo(3, "S").source]
    local thread, is_main = running()
    if thread == nil or is_main or is_jit then
        main_is_narrow = true
    elseif states[thread] then
        states[thread] = ours and NARROW or RUINED
        threads_are_narrow = true
    end
    sethook(step, "", 1)
    if not ours then
        spent = true
        error(SPENT, 3)
    end
end

local function hook()
    used = used + look
    if used >= budget or spent then
        narrow(hook)
    end
end

local function thread_hook()
    used = used + THREAD_LOOK
    if used >= budget or spent then
        narrow(thread_hook)
    end
end

local function widen()
    spent = false
    used = 0
    if main_is_narrow then
        main_is_narrow = false
        sethook(hook, "", look)
    end
    if threads_are_narrow then
        threads_are_narrow = false
        for thread, state in next, states do
            if state == NARROW then
                states[thread] = FREE
                sethook(thread, thread_hook, "", THREAD_LOOK)
            end
        end
    end
end

local calm = 0 -- so many calls more before the memory is looked at; see CALM

-- What pcall and its like return to the script. Once memory is out each further try to get some looks
-- through all of it, where there are emergencies: a few tries are the whole budget.
local function caught(ok, ...)
    local problem = ...
    if not ok and type(problem) == "string" and find(problem, "not enough memory", 1, true) then
        calm, used = 0, used + 1
        if budget > 0 and has_emergencies then
            used = used + budget / MEMORY_TRIES
            if used >= budget then
                sethook(hook, "", 1)
            end
        end
    end
    return ok, ...
end

local function pass(ok, ...)
    if ok then
        return ...
    end
    error((...), 0)
end

-- Each thread has a hook of its own, except in LuaJIT.
local function watch_threads()
    function coroutine.create(body)
        local thread = create(body)
        used = used + THREAD_LOOK
        states[thread] = FREE
        sethook(thread, thread_hook, "", THREAD_LOOK)
        return thread
    end
    local watched = coroutine.create
    function coroutine.resume(thread, ...)
        if spent then
            error(SPENT, 2)
        end
        return caught(resume(thread, ...))
    end
    function coroutine.wrap(body)
        local thread = watched(body)
        return function(...)
            if spent then
                error(SPENT, 2)
            end
            return pass(caught(resume(thread, ...)))
        end
    end
    if close then
        function coroutine.close(thread)
            if states[thread] == RUINED then
                return false, SPENT -- hooks stay off in it: nothing could stop its __close
            end
            return close(thread)
        end
    end
end

if budget > 0 then
    sethook(hook, "", look)
    if not is_jit then
        watch_threads()
    end
end
if is_jit or budget == 0 then
    function coroutine.resume(thread, ...)
        return caught(resume(thread, ...))
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
        return caught(xpcall(body, guarded))
    end
    return caught(xpcall(body, guarded, ...))
end

function _G.pcall(...)
    return caught(pcall(...))
end

if _VERSION == "Lua 5.4" or _VERSION == "Lua 5.5" then
    count("generational") -- nearly every packet's table is garbage at once
end

-- Memory. The host hands over packets where nothing catches an error: there must always be room for
-- that. A script that holds so much that there might not be gets its limit in its calls only.

local CALM = 32 -- calls that do little, in a row, between two looks at the memory: a look costs a tenth of a call
local BATCH = 8 -- packets of a batch, as in packets.py

local tight = false

-- Free what can be; whether the script holds too much.
local function settle_memory()
    bound(false)
    count("collect")
    count("collect") -- what had a finalizer
    tight = count("count") > held_most
    if not tight then
        bound(true)
    end
    return tight
end

local function enter()
    used = 0
    if tight then
        bound(true)
        used = 1 -- looked at after each call
    end
end

-- After a call: nothing, or true and why it is to be counted as one that took too much.
local function leave()
    local over = spent
    if spent or main_is_narrow or threads_are_narrow then
        widen()
    end
    used = 0
    calm = CALM
    if (tight or count("count") > used_most) and settle_memory() then
        calm = 0
        return true, HOLDS
    end
    if over then
        return true, SPENT
    end
end

-- The report of what went wrong, and whether that was too much; see `guarded`.
local function outcome(ok, report)
    local over, why = leave()
    if not ok then
        return report, over
    elseif over then
        return why, over
    end
end

-- A call after which `used` is nothing was shorter than a look of the hook, so it spent nothing and narrowed nothing.

if is_51 then -- where xpcall takes no arguments
    local unguarded = xpcall
    function xpcall(body, explained, ...)
        local arguments = { ... }
        return unguarded(function()
            return body(unpack(arguments, 1, BATCH + 1))
        end, explained)
    end
end

-- `guarded(body, value)`: call `body(value)` within the bounds. Returns nothing, or the report of what went
-- wrong, and `true` if it took too much.
function host.guarded(body, value)
    if used ~= 0 or tight then
        enter()
    end
    local ok, report = xpcall(body, explain, value)
    calm = calm - 1
    if ok and calm > 0 and used == 0 then
        return
    end
    return outcome(ok, report)
end

-- Calls `process` with each of BATCH values. Returns early after a call that ran long, was refused memory or
-- could not print: its end is to be looked at before the next one begins.

local at = 0 -- the call that runs, in its batch

local function each(process, a, b, c, d, e, f, g, h)
    at = 1; process(a); if used ~= 0 then return end
    at = 2; process(b); if used ~= 0 then return end
    at = 3; process(c); if used ~= 0 then return end
    at = 4; process(d); if used ~= 0 then return end
    at = 5; process(e); if used ~= 0 then return end
    at = 6; process(f); if used ~= 0 then return end
    at = 7; process(g); if used ~= 0 then return end
    at = 8; process(h)
end

-- Returns nothing if all went well, else what `guarded` returns of the last call, and how many were made.
function host.guarded_each(process, ...)
    if used ~= 0 or tight then
        enter()
    end
    local ok, report = xpcall(each, explain, process, ...)
    calm = calm - BATCH
    local made = at
    at = 0
    if ok and calm > 0 and used == 0 then
        return
    end
    local why, over = outcome(ok, report)
    if why or made < BATCH then
        return why, over, made
    end
end

-- How many calls were made of a batch that came to no end.
function host.begun()
    local made = at
    at = 0
    return made
end

-- What has just happened is to be seen to before the next call of a batch.
function host.attend()
    used = used + 1
end

-- For what the host runs in coroutines.

host.create = coroutine.create

local stopped = false -- whether the last coroutine took too much

local function back(ok, first, second)
    local over, why = leave()
    stopped = over
    if over then
        return false, ok and why or first
    end
    return ok, first, second
end

-- As coroutine.resume, within the bounds; with three arguments and two results.
function host.resume(thread, a, b, c)
    if used ~= 0 or tight then
        enter()
    end
    local ok, first, second = resume(thread, a, b, c)
    calm = calm - 1
    if ok and calm > 0 and used == 0 then
        return true, first, second
    end
    return back(ok, first, second)
end

-- Whether the coroutine that was resumed last took too much.
function host.stop()
    return stopped
end

-- Whatever happened in a call that did not come back as it should: all is as before the next one. Whether
-- the budget was spent, and nobody has been told so.
function host.recover()
    local over = spent
    widen()
    if budget > 0 then
        sethook(hook, "", look)
    end
    settle_memory()
    return over
end
