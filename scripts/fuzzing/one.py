"""One target in a process of its own: `python -m scripts.fuzzing.one TARGET LIBFUZZER_ARGUMENTS...`."""

from __future__ import annotations

import sys

import atheris

from scripts.fuzzing.targets import TARGETS

_PACKAGES = ["dragoman_wire", "dragoman_handlers", "dragoman_engines"]


def main() -> None:
    """Fuzz it until the time is over or a property does not hold; does not return."""
    with atheris.instrument_imports(include=_PACKAGES):
        run = TARGETS[sys.argv[1]]()
    atheris.Setup([sys.argv[0], *sys.argv[2:]], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
