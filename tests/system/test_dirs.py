"""The folders are those of platformdirs, whatever the environment."""

from __future__ import annotations

import sys

import platformdirs
import pytest

from devpi_cli.system import dirs


@pytest.mark.parametrize("env", [
    {"HOME": "/home/alice"}, {"HOME": "/home/alice/"}, {"HOME": "/"}, {"HOME": ""}, {},
    {"HOME": "/home/alice", "XDG_STATE_HOME": "/state", "XDG_CACHE_HOME": "/cache", "XDG_CONFIG_HOME": "/config"},
    {"HOME": "/home/alice", "XDG_STATE_HOME": " /state ", "XDG_CACHE_HOME": ""},
    {"HOME": "/home/alice", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache"},
    {"XDG_STATE_HOME": "/state", "XDG_CACHE_HOME": "/cache"},
    {"HOME": "home", "XDG_STATE_HOME": "/state/"},
])  # fmt: skip
def test_they_are_those_of_platformdirs(monkeypatch: pytest.MonkeyPatch, env: dict[str, str]) -> None:
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert dirs.state() == platformdirs.user_state_dir("devpi-cli", appauthor=False)
    assert dirs.cache() == platformdirs.user_cache_dir("devpi-cli", appauthor=False)
    assert dirs.settings_of("pip") == platformdirs.user_config_dir("pip", appauthor=False, roaming=True)


@pytest.mark.parametrize(("platform", "env"), [("darwin", {}), ("win32", {}), ("linux", {"ANDROID_DATA": "/data"})])
def test_elsewhere_platformdirs_is_asked(monkeypatch: pytest.MonkeyPatch, platform: str, env: dict[str, str]) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(platformdirs, "user_state_dir", lambda name, appauthor: f"the state of {name}")
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name, appauthor: f"the cache of {name}")
    monkeypatch.setattr(platformdirs, "user_config_dir", lambda name, appauthor, roaming: f"the settings of {name}")
    assert (dirs.state(), dirs.cache()) == ("the state of devpi-cli", "the cache of devpi-cli")
    assert dirs.settings_of("pip") == "the settings of pip"
