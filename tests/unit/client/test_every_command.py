"""What holds for every command: with a wrong server, a wrong encoding, no terminal, a closed pipe, a bare install.

The commands are found in the command line itself: one that is added is tested here at once, or is missed in the table.
"""

from __future__ import annotations

import importlib.abc
import importlib.metadata
import importlib.util
import io
import json
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
from packaging.requirements import Requirement
from typer.testing import CliRunner, Result
from typing_extensions import override

from dragoman_client.cli import build_app, main
from dragoman_client.cli.frame import common_options_of, leaves_of
from tests.unit.client.conftest import Serve
from tests.unit.client.fake_server import WAV, translating

Path_ = tuple[str, ...]
ODD = "Łódź 你好"
"""A text that few encodings have."""
ARGUMENTS: dict[Path_, list[str]] = {
    ("translate",): [ODD, "--to", "pt"],
    ("detect",): [ODD],
    ("transcribe",): ["RECORDING"],
    ("voice",): ["RECORDING", "--to", "pt", "--out", "FOLDER"],
    ("speak",): [ODD, "--out", "FOLDER/a.wav"],
    ("correct",): ["LETTER", "--out", "FOLDER"],
    ("languages",): [],
    ("voices",): [],
    ("ping",): [],
    ("stats",): [],
    ("tasks",): [],
    ("task",): [ODD],
    ("cancel",): [ODD],
    ("result",): [ODD, "--peer", "alice"],
    ("drain",): [],
    ("top",): [],
    ("load",): ["--number", "1"],
    ("schema",): ["ping"],
    ("serve",): ["--set", "server.drain_s=-1"],
    ("check-config",): ["--set", f"translation.glossary.{ODD}=x"],
    ("dead", "list"): ["--set", "server.state_dir=FOLDER"],
    ("dead", "show"): ["1", "--set", "server.state_dir=FOLDER"],
    ("dead", "retry"): ["1", "--set", "server.state_dir=FOLDER"],
    ("dead", "drop"): ["1", "--set", "server.state_dir=FOLDER"],
    ("cache", "stats"): ["--set", "server.state_dir=FOLDER"],
    ("cache", "clear"): ["--set", "server.state_dir=FOLDER"],
    ("models", "list"): ["--set", "engines.models_dir=FOLDER"],
    ("models", "pull"): [ODD, "--set", "engines.models_dir=FOLDER"],
    ("models", "check"): [ODD, "--set", "engines.models_dir=FOLDER"],
    ("models", "remove"): [ODD, "--yes", "--set", "engines.models_dir=FOLDER"],
}
"""Of each command, what it needs. RECORDING is one, LETTER a text, FOLDER is empty."""
WITHOUT_JSON = {("serve",), ("top",), ("schema",)}
"""Commands that print no document of their own, or nothing else."""
EXTRAS = ("server", "models", "kokoro", "models-large", "openai", "rules", "top", "otel")
"""What a bare install lacks."""


COMMAND: Any = typer.main.get_command(build_app())
"""Built once: that takes longer than what most tests do with it."""
LEAVES = dict(leaves_of(COMMAND))
EVERY = pytest.mark.parametrize("path", LEAVES, ids=" ".join)
ON_THE_WIRE = [path for path, leaf in LEAVES.items() if "requests" in common_options_of(leaf)]
BY_HTTP = [path for path, leaf in LEAVES.items() if "ops" in common_options_of(leaf) and path != ("top",)]


@pytest.fixture
def dead(dead_endpoint: str) -> list[str]:
    """Options that name a server that is not there."""
    ops = dead_endpoint.replace("tcp:", "http:")
    return ["--requests", dead_endpoint, "--routed", dead_endpoint, "--ops", ops, "--timeout", "0.05"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "recording.wav").write_bytes(WAV)
    (tmp_path / "letter.txt").write_text(ODD, encoding="utf-8")
    (tmp_path / "folder").mkdir()
    return tmp_path


def words_of(path: Path_, folder: Path) -> list[str]:
    names = {"RECORDING": "recording.wav", "LETTER": "letter.txt", "FOLDER": "folder"}
    names = {name: str(folder / file) for name, file in names.items()}
    return [*path, *(re.sub("|".join(names), lambda name: names[name[0]], word) for word in ARGUMENTS[path])]


def options_for(path: Path_, options: Sequence[str]) -> list[str]:
    """Those of these options, each with a value, that the command takes."""
    leaf = LEAVES[path]
    known = {name for param in leaf.params for name in param.opts}
    pairs = zip(options[::2], options[1::2], strict=True)
    return [word for pair in pairs if pair[0] in known for word in pair]


@pytest.fixture(autouse=True)
def _built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.testing._get_command", lambda command: command)
    monkeypatch.setattr("dragoman_client.cli.app.build_app", lambda: COMMAND)


def run(words: Sequence[str], command: Any = COMMAND) -> Result:
    return CliRunner().invoke(command, list(words), input="")


def assert_no_trace(result: Result) -> None:
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output


def test_every_command_is_in_the_table() -> None:
    assert set(ARGUMENTS) == set(LEAVES)


# --- help and names --------------------------------------------------------------------------------------------------


def helps() -> dict[Path_, Any]:
    """Every command and every group, the root included."""
    groups = {(): COMMAND} | {(name,): one for name, one in COMMAND.commands.items() if hasattr(one, "commands")}
    return groups | LEAVES


@pytest.mark.parametrize("path", helps(), ids=" ".join)
def test_a_help_fits_80_columns_has_an_example_and_no_sentence_is_cut(
    path: Path_, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = run([*path, "--help"])
    assert shown.exit_code == 0
    assert [line for line in shown.stdout.splitlines() if len(line) > 80] == []
    assert not re.search(r"\w\.\.\.$", shown.stdout, re.MULTILINE)
    assert path not in LEAVES or f"Example: dragoman {' '.join(path)}" in " ".join(shown.stdout.split())


@EVERY
def test_one_thing_has_one_name(path: Path_) -> None:
    options = {name for param in LEAVES[path].params for name in param.opts}
    assert options.isdisjoint({"--language", "--lang", "--source", "--target", "--url", "--host", "--address"})
    assert ("--json" in options) is (path not in WITHOUT_JSON)
    assert ("--server" in options) == bool(common_options_of(LEAVES[path]))


def test_the_old_name_of_an_option_is_understood(serve: Serve, folder: Path) -> None:
    server = serve(translating)
    where = ["--requests", server.requests_endpoint, "--routed", server.routed_endpoint]
    assert run([*where, "transcribe", str(folder / "recording.wav"), "--language", "en"]).exit_code == 0
    assert [request["language"] for request in server.asked("transcription_only")] == ["en"]


# --- the server is somewhere else, or nowhere ------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*ON_THE_WIRE, *(path for path in BY_HTTP if path not in ON_THE_WIRE)], ids=" ".join)
def test_without_a_server_the_exit_status_is_3_and_the_document_says_why(
    path: Path_, folder: Path, dead: list[str]
) -> None:
    result = run([*words_of(path, folder), *options_for(path, dead), "--json"])
    assert_no_trace(result)
    assert result.exit_code == 3
    assert json.loads(result.stdout)["errorCode"] == "server_unreachable"
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("path", [("cache", "stats"), ("cache", "clear")], ids=" ".join)
def test_a_named_server_that_is_not_there_is_not_taken_for_another_one(
    path: Path_, folder: Path, dead: list[str]
) -> None:
    ops = dead[dead.index("--ops") + 1]
    after, before = run([*words_of(path, folder), "--ops", ops]), run(["--ops", ops, *words_of(path, folder)])
    assert (after.exit_code, after.stderr) == (before.exit_code, before.stderr)
    assert after.exit_code == 3
    assert ops in after.stderr


@pytest.mark.parametrize("path", ON_THE_WIRE, ids=" ".join)
def test_common_options_count_before_the_command_and_after_it(path: Path_, folder: Path, dead: list[str]) -> None:
    words, options = words_of(path, folder), options_for(path, dead)
    before, after = run([*options, *words]), run([*words, *options])
    assert (before.exit_code, before.stdout, before.stderr) == (after.exit_code, after.stdout, after.stderr)
    assert before.exit_code == 3


@EVERY
def test_a_server_that_cannot_be_named_is_wrong_usage(path: Path_, folder: Path) -> None:
    result = run(["--server", "no server", *words_of(path, folder)])
    assert_no_trace(result)
    assert result.exit_code == 2
    assert "names no server" in " ".join(result.stderr.split())


@EVERY
def test_a_common_option_that_a_command_has_no_use_for_is_refused(path: Path_, folder: Path) -> None:
    if common_options_of(LEAVES[path]) or path[0] == "cache":
        return
    result = run(["--ops", "http://127.0.0.1:1", *words_of(path, folder)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"--ops means nothing to `dragoman {path[0]}`" in result.stderr


# --- streams ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def undisturbed() -> Iterator[None]:
    """What `main` does to the process is undone."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def program(
    monkeypatch: pytest.MonkeyPatch, words: Sequence[str], *, stdin: Any, stdout: Any, stderr: Any
) -> int | str | None:
    """Run the program in this process, with these streams; return its exit status."""
    given = {"stdin": stdin, "stdout": stdout, "stderr": stderr}
    with monkeypatch.context() as patch:
        for name, value in (given | {"argv": ["dragoman", *words]}).items():
            patch.setattr(sys, name, value)
        with pytest.raises(SystemExit) as ended:
            main()
        for name in [name for name, value in given.items() if value is None]:
            getattr(sys, name).close()
    return ended.value.code


def stream(encoding: str, content: bytes = b"") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding=encoding, write_through=True)


def told(one: io.TextIOWrapper) -> str:
    data = one.buffer.raw.getvalue() if hasattr(one.buffer, "raw") else one.buffer.getvalue()  # type: ignore[attr-defined]
    return str(data.decode(one.encoding))


@EVERY
@pytest.mark.usefixtures("undisturbed")
def test_an_encoding_without_the_characters_is_no_error(
    path: Path_, folder: Path, dead: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    encoding = "cp1252"
    out, err = stream(encoding), stream(encoding)
    words = [*words_of(path, folder), *options_for(path, dead)]
    status = program(monkeypatch, words, stdin=stream(encoding), stdout=out, stderr=err)
    assert status in (0, 1, 2, 3)
    assert "Traceback" not in told(err)
    assert "UTF-8" not in told(err)


class ClosedPipe(io.TextIOBase):
    """Standard output whose reader is gone."""

    encoding = "utf-8"

    @override
    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


@EVERY
@pytest.mark.usefixtures("undisturbed")
def test_a_pipe_that_is_closed_early_ends_a_command_quietly(
    path: Path_, folder: Path, dead: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in ([*path, "--help"], [*words_of(path, folder), *options_for(path, dead)]):
        err = stream("utf-8")
        status = program(monkeypatch, words, stdin=stream("utf-8"), stdout=ClosedPipe(), stderr=err)
        assert status in (0, 1, 2, 3)
        assert "Traceback" not in told(err)
        assert "Broken pipe" not in told(err)


@EVERY
@pytest.mark.usefixtures("undisturbed")
def test_closed_standard_streams_are_no_error(
    path: Path_, folder: Path, dead: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [*words_of(path, folder), *options_for(path, dead)]
    assert program(monkeypatch, words, stdin=None, stdout=None, stderr=None) in (0, 1, 2, 3)


@pytest.mark.parametrize("command", [["translate", "-", "--to", "pt"], ["detect", "-"], ["speak", "-", "--out", "-"]])
@pytest.mark.parametrize(("encoding", "content"), [("utf-8", "olé".encode("latin-1")), ("cp1252", b"\x81")])
@pytest.mark.usefixtures("undisturbed")
def test_input_in_another_encoding_is_named(
    command: list[str], encoding: str, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, err = stream("utf-8"), stream("utf-8")
    status = program(monkeypatch, command, stdin=stream(encoding, content), stdout=out, stderr=err)
    assert (status, told(out)) == (2, "")
    assert f"standard input is no text in {encoding.upper()}" in " ".join(told(err).split())


@pytest.mark.usefixtures("undisturbed")
def test_an_argument_in_another_encoding_is_named(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(translating)
    where = ["--requests", server.requests_endpoint, "--routed", server.routed_endpoint]
    err = stream("utf-8")
    words = [*where, "translate", b"ol\xe9".decode("utf-8", "surrogateescape"), "--to", "pt"]
    status = program(monkeypatch, words, stdin=stream("utf-8"), stdout=stream("utf-8"), stderr=err)
    assert status == 2
    assert "no text in UTF-8" in told(err)


# --- a bare install --------------------------------------------------------------------------------------------------


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def required(name: str, extras: Sequence[str] = ()) -> set[str]:
    """The names of the distributions that one needs, and those need."""
    found: set[str] = set()
    left = {normalized(name)}
    while left:
        one = left.pop()
        found.add(one)
        try:
            wanted = importlib.metadata.requires(one) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        for each in map(Requirement, wanted):
            chosen = extras if one == normalized(name) else ()
            if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in ("", *chosen)):
                left |= {normalized(each.name)} - found
    return found


class Absent(importlib.abc.MetaPathFinder):
    """Packages that are not installed."""

    def __init__(self, names: set[str]) -> None:
        self.names = names

    @override
    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        if fullname.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


@pytest.fixture(scope="module")
def absent() -> set[str]:
    """The packages that only the extras bring."""
    bare, whole = required("dragoman"), required("dragoman", EXTRAS)
    names = set()
    for package, of in importlib.metadata.packages_distributions().items():
        brought_by = {normalized(each) for each in of}
        if brought_by & whole and not brought_by & bare:
            names.add(package)
    assert {"pydantic_settings", "structlog", "aiohttp", "uvloop", "psutil", "textual"} <= names
    assert names.isdisjoint({"typer", "rich", "zmq", "msgspec", "msgpack"})
    return names


def test_a_bare_install_says_what_is_missing_and_how_to_get_it(
    folder: Path, dead: list[str], absent: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = ("dragoman_server", "dragoman_handlers", "dragoman_engines")
    for name in [name for name in sys.modules if name.partition(".")[0] in {*absent, *ours}]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Absent(absent), *sys.meta_path])
    command = typer.main.get_command(build_app())
    for path in LEAVES:
        result = run([*words_of(path, folder), *options_for(path, dead)], command)
        assert_no_trace(result)
        if path in ON_THE_WIRE or path in BY_HTTP:
            assert result.exit_code == 3, path
        elif path == ("schema",):
            assert result.exit_code == 0
        else:
            assert (result.exit_code, result.stdout) == (2, ""), path
            assert path == ("top",) or "pip install 'dragoman[server,models]'" in result.stderr, path
