"""The two clocks of the server, in one object that a test can replace."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """`monotonic` measures, `unix` dates."""

    monotonic: Callable[[], float] = time.monotonic
    unix: Callable[[], float] = time.time
