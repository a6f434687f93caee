"""Signals that end a command: once, not in the middle of something, and not lost."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
START = """
import os, signal, time
from devpi_cli.system import signals
signals.install()
def send(number=signal.SIGTERM):
    os.kill(os.getpid(), number)
"""


def printed(script: str, **settings: object) -> str:
    """Run a script that handles signals as the command does; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", START + script], capture_output=True, text=True, timeout=60, check=False, **settings
    )  # type: ignore[call-overload]
    assert (done.stderr, done.returncode) == ("", 0)
    return str(done.stdout)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_is_an_exception(number: int) -> None:
    script = f"""
try:
    send({number})
    print("not reached")
except KeyboardInterrupt as error:
    print(error.number, signals.received())
"""
    assert printed(script) == f"{number} {number}\n"


def test_a_second_signal_does_not_disturb_what_the_first_has_begun() -> None:
    script = """
try:
    send()
except signals.Signalled:
    send(signal.SIGINT)
    send()
    print("tidy", signals.received())
"""
    assert printed(script) == "tidy 15\n"


def test_one_that_comes_much_later_gets_through() -> None:
    """Tidying up may hang."""
    script = """
signals.PATIENCE_SECONDS = 0.1
try:
    send()
except signals.Signalled:
    time.sleep(0.2)
    try:
        send(signal.SIGINT)
    except signals.Signalled as error:
        print(error.number)
"""
    assert printed(script) == "2\n"


def test_signals_are_held_to_the_end_of_a_block() -> None:
    script = """
try:
    with signals.held():
        with signals.held():
            send()
            send(signal.SIGINT)
        print("reached")
    print("not reached")
except signals.Signalled as error:
    print(error.number)
"""
    assert printed(script) == "reached\n15\n"


def test_a_block_that_fails_is_ended_by_the_signal() -> None:
    script = """
try:
    with signals.held():
        send()
        raise ValueError
except signals.Signalled as error:
    print(type(error.__context__).__name__)
"""
    assert printed(script) == "ValueError\n"


def test_other_threads_hold_nothing() -> None:
    script = """
import threading
held, sent = threading.Event(), threading.Event()
def hold():
    with signals.held():
        held.set()
        sent.wait()
threading.Thread(target=hold).start()
held.wait()
try:
    send()
    print("not reached")
except signals.Signalled:
    print("raised")
sent.set()
"""
    assert printed(script) == "raised\n"


@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_ignored_stays_ignored(number: int) -> None:
    before = signal.signal(number, signal.SIG_IGN)  # as nohup does, and as shells do for what runs in the background
    try:
        assert printed(f"send({number}); print(signals.received())") == "None\n"
    finally:
        signal.signal(number, before)


WHERE_PYTHON_IGNORES_EXCEPTIONS = {
    "__del__": """
    class Gone:
        def __del__(self):
            send()
    last = Gone()
    del last
""",
    "weak reference": """
    import weakref
    class Gone:
        pass
    last = Gone()
    seen = weakref.ref(last, lambda _: send())
    del last
""",
    "garbage collection": """
    import gc
    gc.callbacks.append(lambda phase, _: phase == "start" and (gc.callbacks.clear(), send()))  # once
    gc.collect()
""",
}


@pytest.mark.parametrize("place", WHERE_PYTHON_IGNORES_EXCEPTIONS)
def test_a_signal_is_not_lost_where_python_ignores_exceptions(place: str) -> None:
    """Python prints them there, and goes on; imports have such places, too."""
    script = f"""
try:
{WHERE_PYTHON_IGNORES_EXCEPTIONS[place]}
    time.sleep(30)
    print("lost")
except signals.Signalled as error:
    print(error.number)
"""
    assert printed(script) == "15\n"


def test_other_exceptions_there_are_printed_as_always() -> None:
    script = "class Gone:\n    def __del__(self): 1 / 0\nx = Gone()\ndel x\n"
    done = subprocess.run([sys.executable, "-c", START + script], capture_output=True, text=True, check=True)
    assert "ZeroDivisionError" in done.stderr


def test_a_library_keeps_its_handlers() -> None:
    modules = "devpi_cli, devpi_cli.client, devpi_cli.system.private, devpi_cli.programs.process"
    script = f"import signal, {modules}; print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)"
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "True\n"
