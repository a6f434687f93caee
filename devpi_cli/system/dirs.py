"""Find the user's state, cache and config folders.

On Linux that is a line by the XDG Base Directory Specification; importing platformdirs for it would be a tenth of the
time of every command.
"""

from __future__ import annotations

import os
import sys

NAME = "devpi-cli"


def state() -> str:
    """Return the folder of the state file."""
    if found := _of_xdg("XDG_STATE_HOME", ".local/state"):
        return found
    from platformdirs import user_state_dir

    return user_state_dir(NAME, appauthor=False)


def cache() -> str:
    """Return the folder of the cache, which can be deleted at any time."""
    if found := _of_xdg("XDG_CACHE_HOME", ".cache"):
        return found
    from platformdirs import user_cache_dir

    return user_cache_dir(NAME, appauthor=False)


def settings_of(program: str) -> str:
    """Return the config folder of another program."""
    if found := _of_xdg("XDG_CONFIG_HOME", ".config", program):
        return found
    from platformdirs import user_config_dir

    return user_config_dir(program, appauthor=False, roaming=True)


def _of_xdg(variable: str, below_home: str, name: str = NAME) -> str | None:
    """Return the folder on an ordinary Linux; None if platformdirs must find it."""
    home, named = os.environ.get("HOME", "").rstrip("/"), os.environ.get(variable, "")
    is_simple = sys.platform == "linux" and "ANDROID_DATA" not in os.environ and named == named.strip()
    if not is_simple or not (named or home).startswith("/"):
        return None
    return os.path.join(named or f"{home}/{below_home}", name)  # noqa: PTH118 (without pathlib)
