"""The shape of the repository: who may import whom, and what a file may be."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import ROOT

PACKAGES = {
    "dragoman_wire": "server",
    "dragoman_server": "server",
    "dragoman_handlers": "handlers",
    "dragoman_engines": "handlers",
    "dragoman_client": "client",
}
"""The package and the import root that it lies in."""

MAY_IMPORT: dict[str, set[str]] = {
    "dragoman_wire": set(),
    "dragoman_client": {"dragoman_wire"},
    "dragoman_engines": {"dragoman_wire"},
    "dragoman_handlers": {"dragoman_wire", "dragoman_engines"},
    "dragoman_server": {"dragoman_wire", "dragoman_engines", "dragoman_handlers"},
}

SERVER_LAYERS = (
    {"cli", "app"},
    {"lifecycle", "ops", "control"},
    {"telemetry"},
    {"tasks"},
    {"journal", "cache"},
    {"transport", "config"},
    {"available_models", "clock", "state_dir", "spool", "quantiles", "sqlite_file", "bounded"},
)
"""Folders and files of dragoman_server, the highest first. Each may import its own layer and those below it."""

LONGEST_FILE_LINES = 500
LONGEST_FUNCTION_LINES = 40
"""Of a body, without its docstring."""

# Put together, so that this file does not hold what it looks for. A folder of our own machines has no place in a
# file that others read; /tmp as such is on every machine.
MACHINE_PATHS = re.compile("|".join(["/" + "work/", "/" + "tmp/x", "/" + "root/", "/" + "home/(?!you)"]))


def folder_of(package: str) -> Path:
    return ROOT / PACKAGES[package] / package


def sources_of(package: str) -> list[Path]:
    return sorted(folder_of(package).rglob("*.py"))


def imported_by(path: Path) -> Iterator[str]:
    """Every module that a file imports, also inside functions, and those that it names to `import_module`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.relative_to(ROOT)}:{node.lineno} imports relatively"
            yield str(node.module)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("dragoman_"):
            # A module's name as a string: `importlib.import_module("dragoman_wire.errors")`, `-m dragoman_engines`.
            yield node.value.partition(" ")[0]


def imports_within(package: str) -> dict[str, set[str]]:
    """Each module of a package with those of the same package that it imports, also inside functions."""
    root = folder_of(package).parent
    paths = {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sources_of(package)
    }
    graph: dict[str, set[str]] = {}
    for name, path in paths.items():
        graph[name] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                inner = {f"{node.module}.{alias.name}" for alias in node.names} & paths.keys()
                graph[name] |= inner or ({str(node.module)} & paths.keys())
    return graph


def tracked_files() -> list[Path]:
    try:
        command = ["git", "ls-files", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_the_packages_are_those_that_the_rules_are_about() -> None:
    roots = set(PACKAGES.values())
    found = {path.parent.name for root in roots for path in (ROOT / root).glob("*/__init__.py")}

    assert found == set(PACKAGES) == set(MAY_IMPORT)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_it_may(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package}
    broken = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sources_of(package)
        for module in imported_by(path)
        if (top := module.partition(".")[0]) in PACKAGES and top not in allowed
    ]

    assert broken == []


def test_no_folder_of_the_server_imports_from_a_higher_one() -> None:
    layer_of = {name: depth for depth, names in enumerate(SERVER_LAYERS) for name in names}
    server = folder_of("dragoman_server")
    broken = []
    for path in sources_of("dragoman_server"):
        own = path.relative_to(server).parts[0].removesuffix(".py")
        if own.startswith("__"):
            continue
        used = {module.split(".")[1] for module in imported_by(path) if module.startswith("dragoman_server.")}
        broken += [
            f"{path.relative_to(server)} imports {name}" for name in sorted(used) if layer_of[name] < layer_of[own]
        ]

    assert broken == []


def test_every_folder_of_the_server_has_its_layer() -> None:
    server = folder_of("dragoman_server")
    found = {path.relative_to(server).parts[0].removesuffix(".py") for path in sources_of("dragoman_server")}

    assert found - {"__init__", "__main__"} == set().union(*SERVER_LAYERS)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_modules_import_one_another_in_a_circle(package: str) -> None:
    graph = imports_within(package)
    while leaves := {name for name, imports in graph.items() if not imports}:
        graph = {name: imports - leaves for name, imports in graph.items() if name not in leaves}

    assert sorted(graph) == [], "these import one another, or what does"


def test_the_wire_has_no_sockets_and_no_event_loop() -> None:
    used = {module.partition(".")[0] for path in sources_of("dragoman_wire") for module in imported_by(path)}

    assert used.isdisjoint({"asyncio", "socket", "uvloop", "zmq", "aiohttp", "threading"})


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_that_it_is_typed(package: str) -> None:
    assert (folder_of(package) / "py.typed").is_file()


def test_no_source_file_is_longer_than_one_can_hold_in_mind() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for package in PACKAGES
        for path in sources_of(package)
    }

    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {}
    for package in PACKAGES:
        for path in sources_of(package):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
                    lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
                    if lines > LONGEST_FUNCTION_LINES:
                        long[f"{path.relative_to(ROOT)}:{node.name}"] = lines

    assert long == {}


def test_no_file_names_a_path_of_a_machine_it_was_written_on() -> None:
    found = []
    for path in tracked_files():
        text = path.read_bytes().decode(errors="ignore")
        found += [
            f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
            for number, line in enumerate(text.splitlines(), start=1)
            if MACHINE_PATHS.search(line)
        ]

    assert found == []


def test_the_scripts_can_be_run() -> None:
    scripts = [path for path in (ROOT / "scripts").iterdir() if path.is_file() and not path.suffix]

    assert scripts
    assert [path.name for path in scripts if not path.stat().st_mode & 0o100] == []
