"""What lies in deploy/ and docs/ fits the server: the figures it watches exist, its files are where it says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from dragoman_server.config import load_config
from dragoman_wire.errors import ERRORS
from tests.harness import ECHO, PATIENCE_S, ROOT, running_server

DEPLOY = ROOT / "deploy"
OPERATIONS = ROOT / "docs" / "operations.md"
ALERTS = DEPLOY / "prometheus" / "alerts.yml"
DASHBOARD = DEPLOY / "grafana" / "dashboards" / "dragoman.json"
NAME = re.compile(r"\b(?:dragoman|process)_[a-z_]+\b")
NO_FIGURES = {"dragoman_wire", "dragoman_server", "dragoman_client"}


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text_of(DASHBOARD))["panels"]
    return found


def expressions() -> Iterator[str]:
    """Every query of the dashboard."""
    document = json.loads(text_of(DASHBOARD))
    for panel in document["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    yield from (annotation["expr"] for annotation in document["annotations"]["list"])
    for variable in document["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["query"]["query"]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of all samples on the page of a server with everything switched on."""
    cache = {"cache__memory_bytes": 1 << 20, "cache__disk_bytes": 1 << 20}
    with (
        running_server(tmp_path_factory.mktemp("figures"), **ECHO | cache) as server,
        urlopen(f"{server.endpoints['ops']}/metrics", timeout=PATIENCE_S) as page,  # noqa: S310 - our own address
    ):
        lines = page.read().decode().splitlines()
    return {re.split(r"[{ ]", line)[0] for line in lines if line and not line.startswith("#")}


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    if shutil.which(str(command[0])) is None:
        pytest.skip(f"{command[0]} is not installed")
    return subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=PATIENCE_S, check=False, cwd=ALERTS.parent
    )


@pytest.mark.parametrize("where", ["the dashboard", "the alerts", "the tests of the alerts", "the guide"])
def test_every_figure_that_is_watched_is_one_that_the_server_has(exported: set[str], where: str) -> None:
    text = {
        "the dashboard": "\n".join(expressions()),
        "the alerts": text_of(ALERTS),
        "the tests of the alerts": text_of(ALERTS.with_name("alerts_test.yml")),
        "the guide": text_of(OPERATIONS),
    }[where]
    used = set(NAME.findall(text)) - NO_FIGURES
    assert used
    # A histogram is written of by its name alone as well.
    assert used - exported - {name.removesuffix("_count") for name in exported} == set()


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    rules = re.findall(r"- alert: (\w+)\n(.*?)(?=\n\n|\Z)", text_of(ALERTS), re.DOTALL)
    headings = re.findall(r"^### (Dragoman\w+)$", text_of(OPERATIONS), re.MULTILINE)
    assert [name for name, _ in rules] == headings
    for name, rule in rules:
        assert f"runbook: docs/operations.md#{name.lower()}\n" in f"{rule}\n"
        assert "severity: " in rule
        assert "summary: " in rule


def test_the_guide_has_every_error_code() -> None:
    [table] = re.findall(r"^\| errorCode \|.*\n(?:\|.*\n)+", text_of(OPERATIONS), re.MULTILINE)
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == list(ERRORS)


def test_the_panels_have_places_of_their_own_and_show_the_servers_that_are_chosen() -> None:
    assert len({panel["id"] for panel in panels()}) == len(panels())
    for one, other in combinations([panel["gridPos"] for panel in panels()], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below
    for panel in panels():
        for target in panel.get("targets", ()):
            selectors = re.findall(r"\{[^{}]*\}", target["expr"])
            assert selectors, panel["title"]
            assert all('instance=~"$instance"' in selector for selector in selectors), panel["title"]


def test_prometheus_takes_the_alerts_and_they_fire_where_they_should() -> None:
    checked = run("promtool", "check", "rules", "alerts.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tested = run("promtool", "test", "rules", "alerts_test.yml")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_prometheus_can_read_every_query_of_the_dashboard(tmp_path: Path) -> None:
    queries = [query.replace("$__rate_interval", "1m") for query in expressions() if "label_values" not in query]
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(queries)]
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")
    checked = run("promtool", "check", "rules", file)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "dragoman.service"
    text = text_of(DEPLOY / "systemd" / "dragoman.service")
    unit.write_text(text.replace("/opt/dragoman/bin/dragoman", sys.executable), encoding="utf-8")
    verified = run("systemd-analyze", "verify", unit)
    said = [line for line in verified.stderr.splitlines() if "dragoman.service" in line]
    assert (verified.returncode, said) == (0, [])


def test_memory_and_processes_are_bounded_and_what_is_killed_comes_back() -> None:
    unit = dict(re.findall(r"^(\w+)=(.*)$", text_of(DEPLOY / "systemd" / "dragoman.service"), re.MULTILINE))
    high, most = (int(unit[name].removesuffix("%")) for name in ("MemoryHigh", "MemoryMax"))
    assert 0 < high < most < 100
    assert (unit["OOMPolicy"], unit["Restart"]) == ("continue", "on-failure")
    assert int(unit["TasksMax"]) > 0
    compose = text_of(DEPLOY / "compose.yaml")
    for key in ("mem_limit: ${DRAGOMAN_MEMORY:-4g}", "memswap_limit: ${DRAGOMAN_MEMORY:-4g}", "restart: on-failure"):
        assert f"    {key}\n" in compose
    assert f"pids_limit: {unit['TasksMax']}\n" in compose


@pytest.mark.parametrize("uncomment", [False, True])
def test_the_configuration_beside_the_unit_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, uncomment: bool
) -> None:
    for variable in ("DRAGOMAN_CONFIG", "DRAGOMAN_SOCKETS__REQUESTS", "DRAGOMAN_SOCKETS__ROUTED"):
        monkeypatch.delenv(variable, raising=False)
    text = text_of(DEPLOY / "systemd" / "dragoman.toml")
    file = tmp_path / "dragoman.toml"
    file.write_text(re.sub(r"^# (?=\w+ =)", "", text, flags=re.MULTILINE) if uncomment else text, encoding="utf-8")
    assert load_config(file).sockets.requests == ("tcp://10.0.0.5:5555" if uncomment else "tcp://127.0.0.1:5555")


def test_the_image_is_made_of_files_that_are_there_and_are_sent() -> None:
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", text_of(DEPLOY / "Dockerfile"), re.MULTILINE)
    sources = [source for line in copied for source in line.split()]
    sent = re.findall(r"^!(.+)$", text_of(ROOT / ".dockerignore"), re.MULTILINE)
    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert set(sources) <= set(sent)


def test_the_image_s_packages_are_those_of_the_project() -> None:
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    command = [sys.executable, str(DEPLOY / "requirements.py")]
    listed = subprocess.run([*command, "server,models"], capture_output=True, text=True, check=True)
    extras = project["optional-dependencies"]
    assert listed.stdout.splitlines() == [*project["dependencies"], *extras["server"], *extras["models"]]
    refused = subprocess.run([*command, "server,nothing"], capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "no extra nothing" in refused.stderr


def test_compose_mounts_files_that_are_there() -> None:
    mounted = re.findall(r"^ +- (\./[^:]+):", text_of(DEPLOY / "compose.yaml"), re.MULTILINE)
    assert mounted
    assert [path for path in mounted if not (DEPLOY / path).exists()] == []
