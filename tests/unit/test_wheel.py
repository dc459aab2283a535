"""What is installed is what is here: no page, no style sheet and no table of models stays behind."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.harness import PATIENCE_S, ROOT
from tests.unit.test_layout import PACKAGES, folder_of, tracked_files


def test_the_wheel_has_every_file_of_the_packages(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=PATIENCE_S)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        packed = {name for name in opened.namelist() if ".dist-info/" not in name}

    folders = [folder_of(package) for package in PACKAGES]
    wanted = {
        path.relative_to(folder.parent).as_posix()
        for folder in folders
        for path in tracked_files()
        if path.is_relative_to(folder)
    }
    assert {"dragoman_server/ops/dashboard/index.html", "dragoman_client/top/top.tcss"} <= wanted
    assert wanted - packed == set()
