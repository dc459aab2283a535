"""The TypeScript client: it compiles, its own tests pass, and what is packed of it can be installed and runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.documents import blocks
from tests.harness import ECHO, PATIENCE_S, ROOT, ServerProcess, running_server
from tests.processes import child_pid, held

PACKAGE = ROOT / "client" / "typescript"
TESTS = sorted(path.stem for path in (PACKAGE / "test").glob("*.test.ts"))
OF_A_PACKAGE = re.compile(
    r"(package\.json|README\.md|LICENSE|examples/[a-z-]+\.mjs|dist/(generated/)?[a-z-]+\.(js|d\.ts))"
)


def run(
    command: list[str | Path], folder: Path, server: ServerProcess | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=environment_of(server),
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_S,
        check=False,
    )


def environment_of(server: ServerProcess | None) -> dict[str, str]:
    """The environment of a program that is to find this server."""
    found = dict(os.environ)
    if server is not None:
        found |= {f"DRAGOMAN_SOCKETS__{name.upper()}": server.endpoints[name] for name in ("requests", "routed")}
    return found


@pytest.fixture(scope="module")
def tools(node: str) -> str:
    """Node.js, where the packages that build the client are installed."""
    if not (PACKAGE / "node_modules" / "typescript").is_dir():
        pytest.skip("the packages of client/typescript are not installed; scripts/test does it where npm is there")
    return node


@pytest.fixture(scope="module")
def built(tools: str) -> Path:
    """The folder with the compiled tests. To compile them is a test of its own: the compiler is strict."""
    shutil.rmtree(PACKAGE / "build", ignore_errors=True)
    compiler = "node_modules/typescript/bin/tsc"
    for arguments in (["scripts/generate.mjs"], [compiler, "--project", "tsconfig.test.json"]):
        done = run([tools, *arguments], PACKAGE)
        assert done.returncode == 0, done.stdout + done.stderr
    return PACKAGE / "build" / "test"


@pytest.fixture(scope="module")
def tarball(tools: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as `npm pack` makes it."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("pack")
    done = run(["npm", "pack", "--pack-destination", folder], PACKAGE)
    assert done.returncode == 0, done.stdout + done.stderr
    [packed] = folder.glob("*.tgz")
    return packed


@pytest.fixture(scope="module")
def project(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of somebody else that has installed the package."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "package.json").write_text('{"private": true, "type": "module"}', encoding="utf-8")
    command: list[str | Path] = [
        "npm",
        "install",
        "--prefer-offline",
        "--no-audit",
        "--no-fund",
        "--no-package-lock",
        tarball,
    ]
    done = run(command, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.parametrize("name", TESTS)
def test_the_client_s_own_tests_pass(name: str, tools: str, built: Path, echo_server: ServerProcess) -> None:
    done = run([tools, "--test", "--test-reporter=tap", built / f"{name}.js"], PACKAGE, echo_server)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^# pass [1-9]", done.stdout, re.MULTILINE), done.stdout


def test_the_package_has_what_it_needs_and_nothing_else(tarball: Path) -> None:
    with tarfile.open(tarball) as packed:
        names = {name.removeprefix("package/") for name in packed.getnames()}
    sources = {path.relative_to(PACKAGE / "src").with_suffix("") for path in (PACKAGE / "src").rglob("*.ts")}
    compiled = {f"dist/{source.as_posix()}{ending}" for source in sources for ending in (".js", ".d.ts")}
    assert names >= compiled | {"package.json", "README.md", "LICENSE", "examples/first.mjs"}
    assert [name for name in names if not OF_A_PACKAGE.fullmatch(name)] == []


def test_the_package_is_of_the_version_of_the_server_and_is_not_published_by_mistake() -> None:
    package = json.loads((PACKAGE / "package.json").read_text(encoding="utf-8"))
    [version] = re.findall(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert package["version"] == version
    assert package["private"] is True


def test_the_installed_package_runs_its_example(project: Path, tools: str, echo_server: ServerProcess) -> None:
    example = shutil.copy(project / "node_modules" / "dragoman-client" / "examples" / "first.mjs", project)
    done = run([tools, example, "Good morning", "en", "pt", "fr"], project, echo_server)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "pt: [pt] Good morning\nfr: [fr] Good morning\n"
    refused = run([tools, example, "", "en", "pt"], project, echo_server)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "invalid_request" in refused.stderr


def test_the_program_in_the_readme_prints_a_translation(project: Path, tools: str, echo_server: ServerProcess) -> None:
    [program] = blocks(PACKAGE / "README.md", "js")
    (project / "program.mjs").write_text(program.replace("Client.connect()", "Client.fromEnv()"), encoding="utf-8")
    done = run([tools, "program.mjs"], project, echo_server)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[pt] Where is the station?\n", "")


def test_the_types_of_the_package_are_found_by_who_installs_it(project: Path, tools: str) -> None:
    (project / "typed.mts").write_text(
        """import { Client, DragomanError, type ErrorCode, type ReceivedEvent } from "dragoman-client";
export async function text(client: Client): Promise<string> {
  return (await client.translate("Hello", { to: "pt" })).text;
}
export function code(error: unknown): ErrorCode | undefined {
  return error instanceof DragomanError ? error.code : undefined;
}
export function heard(event: ReceivedEvent): string {
  return event.type === "transcription_ready" ? event.transcription.text : "";
}
// @ts-expect-error - a task needs a language
export const wrong = (client: Client) => client.translate("Hello", {});
""",
        encoding="utf-8",
    )
    compiler = PACKAGE / "node_modules" / "typescript" / "bin" / "tsc"
    options = [
        "--strict",
        "--noEmit",
        "--module",
        "nodenext",
        "--target",
        "es2022",
        "--lib",
        "es2023,esnext.disposable",
    ]
    types = ["--typeRoots", str(PACKAGE / "node_modules" / "@types"), "--types", "node", "--skipLibCheck"]
    done = run([tools, compiler, *options, *types, "typed.mts"], project)
    assert done.returncode == 0, done.stdout + done.stderr


SURVIVOR = """import { Client } from "dragoman-client";
const client = await Client.fromEnv({ timeoutMs: 3_600_000, pollMs: 3_600_000, resendMs: 3_600_000 });
const onEvent = (event) => event.type === "accepted" && console.log("accepted");
const { text } = await client.translate("Hello", { from: "en", to: "pt", onEvent });
console.log(text);
await client.close();
"""


def test_a_call_survives_a_server_that_is_killed_and_started_anew(tools: str, project: Path, tmp_path: Path) -> None:
    (project / "survivor.mjs").write_text(SURVIVOR, encoding="utf-8")
    with running_server(tmp_path, **ECHO) as first:
        first.wait_ready()
        with held(child_pid(first, "translation")):
            client = subprocess.Popen(
                [tools, "survivor.mjs"], cwd=project, env=environment_of(first), stdout=subprocess.PIPE, text=True
            )
            try:
                assert client.stdout is not None
                assert client.stdout.readline() == "accepted\n"
                first.process.kill()
                first.wait()
            except BaseException:
                client.kill()
                raise
    places: dict[str, object] = {f"sockets__{name}": first.endpoints[name] for name in ("requests", "routed")}
    with running_server(tmp_path, **ECHO, **places):
        said, _ = client.communicate(timeout=PATIENCE_S)
    assert (client.returncode, said) == (0, "[pt] Hello\n")
