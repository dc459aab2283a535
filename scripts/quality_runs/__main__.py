"""The `scripts/quality` command."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from dragoman_client import ClientError, DragomanError
from scripts.embedded_server import ServerFailed, exit_on_sigterm
from scripts.quality_runs import __doc__ as purpose
from scripts.quality_runs import hearing, mixes, silence, speech, spoken, text, translation, voices
from scripts.quality_runs.plan import Part, Plan
from scripts.quality_runs.report import Check, as_json, print_table

ROOT = Path(__file__).resolve().parent.parent.parent
PARTS: Mapping[str, Part] = {
    "hearing": hearing.measure,
    "mixes": mixes.measure,
    "silence": silence.measure,
    "translation": translation.measure,
    "text": text.measure,
    "speech": speech.measure,
    "spoken": spoken.measure,
    "voices": voices.measure,
}


def main() -> int:
    """Run the parts; 0 where every bound holds, 1 where one is broken or a part could not be measured."""
    arguments = _arguments()
    exit_on_sigterm()
    plan = Plan(
        data=arguments.data,
        clips=arguments.clips,
        lines=arguments.lines,
        sentences=arguments.sentences,
        models=tuple(arguments.models.split(",")),
        mixes=arguments.mixes,
        first_mix=arguments.first_mix,
    )
    checks: list[Check] = []
    problems: list[str] = []
    for name in arguments.only:
        begin_s = time.monotonic()
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            checks += PARTS[name](plan)
        except KeyboardInterrupt:
            return 130
        except (ServerFailed, ClientError, DragomanError, OSError, subprocess.CalledProcessError) as error:
            problems.append(f"{name} could not be measured: {error}")
        print(f"{name}: {time.monotonic() - begin_s:.0f} s", file=sys.stderr, flush=True)
    print_table(checks)
    if arguments.json:
        arguments.json.write_text(as_json(checks), encoding="utf-8")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 0 if not problems and all(check.holds for check in checks) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/quality", description=purpose)
    parser.add_argument("--only", type=_parts, default=[*PARTS], help=f"some of {','.join(PARTS)}")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the test data")
    parser.add_argument("--clips", type=_count, default=92, help="clips of each set of recordings (default: all)")
    parser.add_argument("--lines", type=_count, default=500, help="FLORES lines of each pair (default: all)")
    parser.add_argument("--sentences", type=_count, default=20, help="sentences to speak and hear (default 20)")
    parser.add_argument("--mixes", type=_count, default=100, help="recordings of several voices (default 100)")
    parser.add_argument("--first-mix", type=int, default=0, help="the first of them, to measure them in parts")
    parser.add_argument("--models", default="tiny.en,base", help="for transcription (default tiny.en,base)")
    parser.add_argument("--json", type=Path, help="write the checks to this file as well")
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error(f"the test data is not in {arguments.data}; name its folder with --data")
    return arguments


def _parts(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(PARTS):
        raise argparse.ArgumentTypeError(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return names


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return count


sys.exit(main())
