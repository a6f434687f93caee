"""Read time spans such as ``90d``."""

from __future__ import annotations

import re

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
EXAMPLES = "30s, 5m, 12h, 90d, 4w"


def seconds(text: str) -> float | None:
    """Return a time span in seconds; None if the text is not one."""
    found = re.fullmatch(r"([0-9]{1,6})\s*([smhdw])", text.strip())
    return float(int(found[1]) * SECONDS[found[2]]) if found else None
