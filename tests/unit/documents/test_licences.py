"""docs/licences.md names every dependency of every extra."""

from __future__ import annotations

import re
import tomllib

from tests.documents import table
from tests.harness import ROOT


def test_the_table_of_licences_names_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    parts = {"(none)": project["dependencies"], **{f"`{k}`": v for k, v in project["optional-dependencies"].items()}}
    wanted = {part: {re.split(r"[<>=\[]", name)[0] for name in names} for part, names in parts.items()}
    part = ""
    brings: dict[str, set[str]] = {}
    for row in table(ROOT / "docs" / "licences.md", "extra"):
        part = row["extra"] or part
        brings.setdefault(part, set()).update(re.findall(r"[a-z][a-z0-9-]*[a-z0-9]", row["brings"]))

    assert brings.keys() == wanted.keys()
    assert {part: names - brings[part] for part, names in wanted.items() if names - brings[part]} == {}
