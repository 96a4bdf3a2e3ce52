-- What went wrong, in words: the message and the stack, without the frames of this folder.
-- Runs first, with what all others need. Returns the table in which the files of this folder leave what the next ones need.

local traceback = debug.traceback
local pcall, tostring, type, ipairs = pcall, tostring, type, ipairs
local find, gsub, gmatch, sub, concat = string.find, string.gsub, string.gmatch, string.sub, table.concat

local MOST = 4096 -- bytes of a message: a script may raise anything
local NOISE = { "^%s*tcpkit:", "^%s*%[builtin#", "^%s*%[C%]: in [%w ]*'?xpcall'?", "^%s*%[C%]: in [%w ]*'error'$" }
local ENDS = { "^%s*%[C%]: in %?", "^%s*%(%.%.%.tail calls%.%.%.%)", "^%s*%(tail call%)" }

local host = {}

local function is_one_of(line, patterns)
    for _, pattern in ipairs(patterns) do
        if find(line, pattern) then
            return true
        end
    end
    return false
end

local function cleaned(text)
    local lines = {}
    for line in gmatch(text .. "\n", "([^\n]*)\n") do
        if #lines == 0 then
            lines[1] = gsub(line, "^tcpkit: %w+:%d+: ", "")
        elseif not is_one_of(line, NOISE) then
            lines[#lines + 1] = line
        end
    end
    while #lines > 1 and (is_one_of(lines[#lines], ENDS) or lines[#lines] == "stack traceback:") do
        lines[#lines] = nil
    end
    return concat(lines, "\n")
end

local function text_of(problem)
    local text = problem
    if type(problem) ~= "string" then
        local ok
        ok, text = pcall(tostring, problem)
        if not ok or type(text) ~= "string" then
            text = "an error without a text"
        end
    end
    if #text > MOST then
        text = sub(text, 1, MOST) .. "..."
    end
    return text
end

function host.explain(problem)
    return cleaned(traceback(text_of(problem), 2))
end

function host.explain_thread(thread, problem)
    return cleaned(traceback(thread, text_of(problem)))
end

-- What the host hands over as one text: its parts, separated by bytes of 1.
function host.words(text)
    local parts = {}
    for part in gmatch(text, "[^\1]+") do
        parts[#parts + 1] = part
    end
    return parts
end

return host
