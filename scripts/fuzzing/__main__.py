"""Runs the targets one after the other, each for so many seconds, and tells what each found."""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.fuzzing.targets import TARGETS, seeds

_SLOW_S = 5
_MEMORY_MB = 2048
_LONGEST_BYTES = 8192
_FIGURES = re.compile(r"#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)")


def main() -> int:
    """Fuzz; return 1 where a property did not hold."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for the corpus and for what breaks a property")
    given = parser.parse_args()
    unknown = set(given.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    with tempfile.TemporaryDirectory(prefix="dragoman-fuzz-") as scratch:
        folder = given.keep or Path(scratch)
        found = [_fuzz(name, given.seconds, given.seed, folder) for name in given.targets or TARGETS]
    return 0 if all(found) else 1


def _fuzz(name: str, seconds: int, seed: int, folder: Path) -> bool:
    corpus, broken = folder / name, folder / f"{name}-broken"
    for each in (corpus, broken):
        each.mkdir(parents=True, exist_ok=True)
    for data in seeds(name):
        (corpus / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    options = (
        f"-max_total_time={seconds}",
        f"-seed={seed}",
        f"-timeout={_SLOW_S}",
        f"-rss_limit_mb={_MEMORY_MB}",
        f"-max_len={_LONGEST_BYTES}",
        f"-artifact_prefix={broken}/",
    )
    done = subprocess.run(
        [sys.executable, "-m", "scripts.fuzzing.one", name, *options, str(corpus)],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    figures = _FIGURES.findall(done.stderr)
    runs, coverage, features, kept = figures[-1] if figures else ("0", "0", "0", "0")
    state = "ok" if done.returncode == 0 else "BROKEN"
    print(f"{name:11} {state:7} {int(runs):>9,} runs  {coverage:>6} edges  {features:>6} features  {kept:>5} inputs")
    if done.returncode:
        print("\n".join(done.stderr.splitlines()[-40:]))
        print(*(f"input: {path}" for path in sorted(broken.iterdir())), sep="\n")
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
