"""Prints what pyproject.toml requires, so that an image's packages are a layer of their own.

Usage: python3 deploy/requirements.py EXTRA,...
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = [extra for extra in sys.argv[1].split(",") if extra]
unknown = [extra for extra in extras if extra not in project["optional-dependencies"]]
if unknown:
    sys.exit(f"pyproject.toml has no extra {', '.join(unknown)}; it has {', '.join(project['optional-dependencies'])}")
print("\n".join([*project["dependencies"], *(name for e in extras for name in project["optional-dependencies"][e])]))
