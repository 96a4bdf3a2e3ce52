-- The bit operations of Lua 5.2 in every version: on numbers from 0 to 2^32 - 1.

local host = ...

if bit32 then
    return
end

local floor, type, error, select, tonumber = math.floor, type, error, select, tonumber
local band2, bor2, bxor2, lshift, rshift -- of two whole numbers from 0 to 2^32 - 1; shifts by 0 to 31

if bit then -- LuaJIT: results are signed there
    local and_, or_, xor_, left, right = bit.band, bit.bor, bit.bxor, bit.lshift, bit.rshift
    band2 = function(a, b) return and_(a, b) % 4294967296 end
    bor2 = function(a, b) return or_(a, b) % 4294967296 end
    bxor2 = function(a, b) return xor_(a, b) % 4294967296 end
    lshift = function(a, by) return left(a, by) % 4294967296 end
    rshift = function(a, by) return right(a, by) % 4294967296 end
elseif math.type then -- Lua 5.3 and later: operators that older ones cannot even read
    band2, bor2, bxor2, lshift, rshift = host.run([[
        return function(a, b) return a & b end, function(a, b) return a | b end,
            function(a, b) return a ~ b end,
            function(a, by) return (a << by) & 0xFFFFFFFF end, function(a, by) return a >> by end
    ]], "=tcpkit: bit32")
else -- Lua 5.1: nibble by nibble
    local AND = {}
    for a = 0, 15 do
        AND[a] = {}
        for b = 0, 15 do
            local value, place, x, y = 0, 1, a, b
            for _ = 1, 4 do
                if x % 2 == 1 and y % 2 == 1 then
                    value = value + place
                end
                x, y, place = floor(x / 2), floor(y / 2), place * 2
            end
            AND[a][b] = value
        end
    end
    band2 = function(a, b)
        local value, place = 0, 1
        while a > 0 and b > 0 do
            local x, y = a % 16, b % 16
            value = value + AND[x][y] * place
            a, b, place = (a - x) / 16, (b - y) / 16, place * 16
        end
        return value
    end
    bor2 = function(a, b) return a + b - band2(a, b) end
    bxor2 = function(a, b) return a + b - 2 * band2(a, b) end
    lshift = function(a, by) return (a * 2 ^ by) % 4294967296 end
    rshift = function(a, by) return floor(a / 2 ^ by) end
end

local tointeger = math.tointeger or function(value) return value end

local function whole(value)
    if type(value) ~= "number" then
        value = tonumber(value) or error("a number is expected", 3)
    end
    return tointeger(floor(value) % 4294967296)
end

local function folded(operation, start)
    return function(...)
        local value = start
        for i = 1, select("#", ...) do
            value = operation(value, whole((select(i, ...))))
        end
        return value
    end
end

local function shift_left(value, by)
    value = whole(value)
    if by >= 32 or by <= -32 then
        return 0
    end
    if by >= 0 then
        return lshift(value, by)
    end
    return rshift(value, -by)
end

local function field(at, width)
    width = width or 1
    if at < 0 or width < 1 or at + width > 32 then
        error("bits that do not exist", 3)
    end
    return at, tointeger(floor(2 ^ width - 1))
end

local function rotate(value, by)
    by = by % 32
    value = whole(value)
    if by == 0 then
        return value
    end
    return bor2(lshift(value, by), rshift(value, 32 - by))
end

bit32 = {
    band = folded(band2, 4294967295),
    bor = folded(bor2, 0),
    bxor = folded(bxor2, 0),
    bnot = function(value) return 4294967295 - whole(value) end,
    btest = function(...) return bit32.band(...) ~= 0 end,
    lshift = shift_left,
    rshift = function(value, by) return shift_left(value, -by) end,
    arshift = function(value, by)
        value = whole(value)
        if by <= 0 or value < 2147483648 then
            return shift_left(value, -by)
        end
        if by >= 32 then
            return 4294967295
        end
        return bor2(rshift(value, by), 4294967295 - rshift(4294967295, by))
    end,
    lrotate = rotate,
    rrotate = function(value, by) return rotate(value, -by) end,
    extract = function(value, at, width)
        local place, mask = field(at, width)
        return band2(rshift(whole(value), place), mask)
    end,
    replace = function(value, new, at, width)
        local place, mask = field(at, width)
        local hole = 4294967295 - lshift(mask, place)
        return bor2(band2(whole(value), hole), lshift(band2(whole(new), mask), place))
    end,
}
package.loaded.bit32 = bit32
