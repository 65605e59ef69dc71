"""The environment that Binder builds: it installs the package without what the package needs."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
OTHERWISE_CALLED = {"matplotlib": "matplotlib-base"}  # on conda-forge, without a window system


def wanted(project: dict[str, Any], extra: str) -> set[str]:
    """The requirements of an extra, with those of the extras that it names."""
    found: set[str] = set()
    for requirement in project["optional-dependencies"][extra]:
        inner = re.fullmatch(r"k8slab\[(\w+)\]", requirement)
        found |= wanted(project, inner[1]) if inner else {requirement}
    return found


def test_the_environment_has_all_that_a_notebook_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    *names, pip = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]

    needed = {*project["dependencies"], *wanted(project, "grade")}

    for name, conda in OTHERWISE_CALLED.items():
        needed = {requirement.replace(name, conda) for requirement in needed}
    assert needed <= {*names, *pip["pip"]}
