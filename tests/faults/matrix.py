"""Commands against faults: run each cell, check its effect and report it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from devpi_cli.http.session import LOOK
from tests.faults.commands import COMMANDS, MOVED, Command, made_user, never
from tests.faults.faults import FAULTS, Fault
from tests.faults.places import HURRIED, PASSWORD, Place, state_is_whole

if TYPE_CHECKING:
    from tests.support.clients import Client, Result

LONGEST_SECONDS = 30.0  # a hang is for ever; what ends earlier is held up by the other cells
DONE, REFUSED = "+", "-"


@dataclass(frozen=True)
class Cell:
    """What became of a command at a fault; ``wrong`` is empty when all is well."""

    command: str
    fault: str
    mark: str
    seconds: float
    wrong: str = ""


def tried(command: Command, fault: Fault, place: Place) -> Cell:
    """Run a command at a fault, and look behind the door."""
    door = place.doors[fault.door]
    words = {
        "url": door.url, "index": place.index, "user": place.user, "other": place.other, "mirror": place.mirror,
        "made": made_user(place), "folder": place.folder, "new": place.wheels[0], "newer": place.wheels[1],
        "data": place.data,
    }  # fmt: skip
    typed = [word.format(**words) for word in command.typed.split()]
    command.undo(place) if command.is_done(place) else None
    client = place.client(door, command.who or place.user)
    before = client.state
    door.open()
    golden = "" if command.method or not command.steady else without_fault(command, fault, typed, client, place)
    door.open()
    door.method, door.times = command.only or None, fault.times
    if fault.when == "at once":
        door.at_once = fault.action
    elif fault.when == "after head":
        door.after_head = fault.action
    else:
        door.action = fault.action
    started = time.monotonic()
    try:
        result = client_run(client, [*in_a_hurry(command, fault), *typed], command.stdin)
    except subprocess.TimeoutExpired:
        return Cell(command.name, fault.name, "H", time.monotonic() - started, f"does not end in {LONGEST_SECONDS} s")
    finally:
        seconds = time.monotonic() - started
        passed_on = list(door.passed_on)
        door.open()
        door.passed_on = passed_on
    wrong = judged(command, fault, place, result, golden, claim=command.claim.format(**words))
    moved = place.doors["elsewhere"].url if command.except_for is MOVED and fault.name in MOVED else door.url
    if not state_is_whole(client, before, moved):
        wrong = f"{wrong}\nthe state file is not what it was: {client.state_file.read_text()}"
    said = result.stdout + result.stderr
    if any(secret in said for secret in (place.login.token, place.root.token, PASSWORD)):
        wrong = f"{wrong}\na secret is shown"
    mark = "X" if wrong else DONE if result.status == 0 else REFUSED
    detail = f"{wrong}\n--- {result.status}\n{result.stdout}---\n{result.stderr}" if wrong else ""
    return Cell(command.name, fault.name, mark, seconds, detail)


def without_fault(command: Command, fault: Fault, typed: list[str], client: Client, place: Place) -> str:
    """Return what a command prints where all is well."""
    if command.name not in place.well_said:
        if fault.door != "http":
            return ""
        place.well_said[command.name] = client_run(client, typed, command.stdin).stdout
    return place.well_said[command.name]


def in_a_hurry(command: Command, fault: Fault) -> list[str]:
    """Return the option that ends a fault which has no end; where others get through first, they need some time."""
    return [fault.option, "5" if command.only else "0.7"] if fault.option else []


def client_run(client: Client, typed: list[str], stdin: str) -> Result:
    client.command = (sys.executable, "-c", HURRIED)
    return client(*typed, stdin=stdin, seconds=LONGEST_SECONDS)


def judged(command: Command, fault: Fault, place: Place, result: Result, golden: str, claim: str) -> str:
    """Return what is wrong with what a command did and said, one line each."""
    expected, said, wrong = command.expected(fault), result.stdout + result.stderr, []
    if "Traceback" in said or "this is a bug" in said:
        wrong.append("a traceback")
    if result.status != expected.status:
        wrong.append(f"the status has to be {expected.status}")
    if not re.search(expected.says, said):
        wrong.append(f"it has to say {expected.says!r}")
    claims = bool(re.search(claim, result.stdout)) if claim else False
    if command.method:
        wrong += judged_change(command, fault, place, result, claims=claims)
    elif command.steady:
        is_other = fault.name in (command.except_for or {})
        if result.status == 0 and not is_other and shown(result.stdout, place) != shown(golden, place):
            wrong.append(f"without the fault it says:\n{golden}")
    elif claim and fault.name not in (command.except_for or {}) and claims != (result.status == 0):
        wrong.append(f"status {result.status}, but it {'says' if claims else 'does not say'} {claim!r}")
    return "\n".join(wrong)


def judged_change(command: Command, fault: Fault, place: Place, result: Result, *, claims: bool) -> list[str]:
    if fault.name == "wrong shape" and not result.status:  # it shows what it got, and claims nothing
        return []
    if command.is_done is never:  # a login is kept here
        return [] if claims == (result.status == 0) else ["it does not say what became of it"]
    done = command.is_done(place)
    wrong = [
        f"{wheel.name} is said to be uploaded, and is not"
        for wheel in place.wheels
        if f"upload of {wheel.name}" in result.stdout and not place.uploaded(wheel)
    ]
    if result.status == 0 and not done:
        wrong.append("it is said to be done, and is not")
    if result.status != 0 and claims:
        wrong.append("it says that it was done, and fails")
    if result.status == 0 and not claims and command.claim != "never said":
        wrong.append("it was done, and that is not said")
    if result.status != 0 and done and LOOK not in result.stderr:
        wrong.append("it was done, is said to have failed, and not to be in doubt")
    return wrong


def shown(text: str, place: Place) -> str:
    """Return an output with one and the same door in it."""
    for door in place.doors.values():
        text = text.replace(door.url, "http://DOOR/")
    return text


def summary(told: list[list[Any]]) -> list[str]:
    """Return the matrix, a line for each command and a column for each fault, what the marks mean, and totals."""
    marks = {(command, fault): mark for command, fault, mark, _ in told}
    faults = [f"{number:2} {fault.name}" for number, fault in enumerate(FAULTS, 1)]
    height, width = -(-len(faults) // 5), max(len(command.name) for command in COMMANDS)
    legend = ["".join(f"{name:18}" for name in faults[row::height]) for row in range(height)]
    tens, ones = ("".join(name[place] for name in faults) for place in (0, 1))
    rows = [
        f"{command.name:{width}} {''.join(marks.get((command.name, fault.name), ' ') for fault in FAULTS)}"
        for command in COMMANDS
        if any(name == command.name for name, _ in marks)
    ]
    found = list(marks.values())
    totals = (
        f"{len(found)} cells: {found.count(DONE)} done and true ({DONE}), "
        f"{found.count(REFUSED)} refused with the status and the words that belong to it ({REFUSED}), "
        f"{len(found) - found.count(DONE) - found.count(REFUSED)} that lie, hang, leak or break; "
        f"the longest took {max(row[3] for row in told):.1f} s"
    )
    return [*map(str.rstrip, legend), f"{'':{width}} {tens}", f"{'':{width}} {ones}", *rows, totals]
