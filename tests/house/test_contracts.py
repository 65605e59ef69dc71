"""Who may import whom: the contracts of pyproject.toml are kept, and each of them can be broken."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
BREAKS = {
    "The rooms stand in layers": ("objects/keys.py", "k8slab.clock"),
    "Agents know neither the API server, nor its store, nor each other": ("client/mapper.py", "k8slab.etcd"),
    "Only kubelet and proxy touch machines": ("scheduler/queue.py", "k8slab.world"),
    "Views and kubectl see only what a client can see": ("view/words.py", "k8slab.kubeadm"),
    "The core needs no notebook": ("world/network.py", "networkx"),
    "Controllers do not lean on each other": ("controllers/pod_gc.py", "k8slab.controllers.namespace"),
}


def broken_contracts(house: Path) -> set[str]:
    """The contracts that are broken in a checkout."""
    lint = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([lint, "--no-cache"], cwd=house, capture_output=True, text=True, check=False)
    verdicts = re.findall(r"^(.+) (KEPT|BROKEN)", checked.stdout, re.MULTILINE)
    assert {name for name, _ in verdicts} == {contract["name"] for contract in CONTRACTS}, checked.stdout
    broken = {name for name, verdict in verdicts if verdict == "BROKEN"}
    assert bool(broken) == bool(checked.returncode)
    return broken


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the package that may be broken."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "k8slab", tmp_path / "k8slab", ignore=shutil.ignore_patterns("__pycache__", "*.json"))
    return tmp_path


def test_every_contract_is_kept() -> None:
    assert broken_contracts(ROOT) == set()


@pytest.mark.parametrize("contract", [contract["name"] for contract in CONTRACTS])
def test_one_import_breaks_a_contract(house: Path, contract: str) -> None:
    name, imported = BREAKS[contract]
    module = house / "k8slab" / name
    module.write_text(module.read_text(encoding="utf-8") + f"\nimport {imported}\n", encoding="utf-8")

    assert contract in broken_contracts(house)


def test_every_controller_is_under_contract() -> None:
    (contract,) = [contract for contract in CONTRACTS if contract["type"] == "independence"]
    files = [path for room in ("controllers", "cloud") for path in (ROOT / "k8slab" / room).glob("[!_]*.py")]
    controllers = [path for path in files if "(Controller):" in path.read_text(encoding="utf-8")]

    assert {f"k8slab.{path.parent.name}.{path.stem}" for path in controllers} == set(contract["modules"])
