"""Where the system has what a client remembers, what it may forget, and the settings of programs.

On Linux that is a line of the XDG Base Directory Specification; importing platformdirs for it would be a tenth of what
every command costs.
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
    """Return the folder of what can be had anew."""
    if found := _of_xdg("XDG_CACHE_HOME", ".cache"):
        return found
    from platformdirs import user_cache_dir

    return user_cache_dir(NAME, appauthor=False)


def settings_of(program: str) -> str:
    """Return the folder of the settings of another program."""
    if found := _of_xdg("XDG_CONFIG_HOME", ".config", program):
        return found
    from platformdirs import user_config_dir

    return user_config_dir(program, appauthor=False, roaming=True)


def _of_xdg(variable: str, below_home: str, name: str = NAME) -> str | None:
    """Return the folder where the case is simple."""
    home, named = os.environ.get("HOME", "").rstrip("/"), os.environ.get(variable, "")
    is_simple = sys.platform == "linux" and "ANDROID_DATA" not in os.environ and named == named.strip()
    if not is_simple or not (named or home).startswith("/"):
        return None
    return os.path.join(named or f"{home}/{below_home}", name)  # noqa: PTH118 (without pathlib)
