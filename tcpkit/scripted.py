"""The Lua script of a run: which one, and whether it fits the mode."""

from pathlib import Path
from typing import TYPE_CHECKING

from tcpkit.config import Config
from tcpkit.errors import ScriptError

if TYPE_CHECKING:
    from tcpkit.script.script import Script  # a run without a script does not load Lua

EXAMPLE = "example.lua"
PROTOCOLS = "protocols"  # the folder of the packaged scripts that define one


def load(config: Config) -> "Script | None":
    """The script of -S; in raw mode the packaged example where there is none, except with -j.

    A path of no file that is one below the packaged scripts names that: `protocols/mysql.lua`.
    The protocols that it defines are modes from then on. Raises ScriptError.
    """
    if config.script is None and (config.mode != "raw" or config.json):
        return None
    from tcpkit.installation import scripts_folder
    from tcpkit.script.script import Script

    path = Path(config.script or scripts_folder() / EXAMPLE)
    if not path.exists() and (scripts_folder() / path).is_file():
        path = scripts_folder() / path
    script = Script(path, config)
    _add_modes(script)
    return script


def _add_modes(script: "Script") -> None:
    from tcpkit.script.definition import definitions

    defined = definitions(script)
    if defined:
        from tcpkit.protocols import registry
        from tcpkit.protocols.lua.protocol import LuaProtocol

        for definition in defined:
            try:
                registry.add(LuaProtocol(script, definition))
            except ScriptError as error:
                raise ScriptError(f"{script.name}: {error}") from None


def bringing(mode: str) -> str:
    """What to say of a mode that is not there and that a packaged script brings; else ""."""
    from tcpkit.installation import scripts_folder

    name = f"{PROTOCOLS}/{mode}.lua"
    if mode.isalnum() and (scripts_folder() / name).is_file():
        return f"-S {name} brings it; without a script, "
    return ""


def check(script: "Script", mode: str) -> None:
    """Raises ScriptError if the script has nothing to do in this mode."""
    from tcpkit.script.definition import definitions

    if mode in [definition.name for definition in definitions(script)]:
        return
    if mode == "raw":
        if not script.has("process"):
            raise ScriptError(f"{script.name} has no function process(packet), as -m raw needs")
        return
    hooks = ("exchange", "init", "tick", "finish")
    if not any(script.has(hook) for hook in hooks):
        raise ScriptError(
            f"{script.name} has none of the functions {', '.join(hooks)}, as -m {mode} needs"
        )
