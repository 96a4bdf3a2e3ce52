"""The Lua versions that scripts can run in, as `--lua` names them."""

from typing import Final

# The name and lupa's module; the first one that is there is the default. LuaJIT 2.0 is not
# offered: its memory cannot be bounded.
VERSIONS: Final[dict[str, str]] = {
    "luajit": "lupa.luajit21",
    "lua54": "lupa.lua54",
    "lua55": "lupa.lua55",
    "lua53": "lupa.lua53",
    "lua52": "lupa.lua52",
    "lua51": "lupa.lua51",
}
