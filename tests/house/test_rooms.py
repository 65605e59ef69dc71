"""The shape of the house: small modules, few names, short functions, a word of explanation everywhere."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

import k8slab

ROOT = Path(k8slab.__file__).parent
MODULES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))
ROOMS = sorted(
    ".".join(("k8slab", *Path(name).parent.parts))
    for name in MODULES
    if name.endswith("__init__.py") and "exercises" not in name
)
TABLES = {"view/words.py", "lab/words.py"}
VOCABULARIES = {"etcd/protocol.py", "api/validation/meta.py"}  # the words that a whole room speaks in
AGENTS = [
    *(
        name
        for name in MODULES
        if name.startswith(("controllers/", "cloud/")) and "(Controller):" in (ROOT / name).read_text()
    ),
    "scheduler/scheduler.py",
    "kubelet/kubelet.py",
    "proxy/kube_proxy.py",
]
HEADINGS = ["Watches", "Compares", "Writes", "Source", "Left out"]
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@cache
def tree(name: str) -> ast.Module:
    """A module as it is written."""
    return ast.parse((ROOT / name).read_text(encoding="utf-8"))


def functions(name: str) -> Iterator[tuple[str, int]]:
    """Every function of a module, and the lines of its body without its docstring."""
    for node in ast.walk(tree(name)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            yield f"{name}:{node.lineno} {node.name}", (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def public(node: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    """The classes and functions that others may use."""
    for child in node.body:
        if isinstance(child, Definition) and not child.name.startswith("_"):
            yield child


def exported(name: str) -> list[str]:
    """The names in `__all__`, or else those of the public definitions."""
    for node in tree(name).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return [definition.name for definition in public(tree(name))]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_re_exports_a_sorted_list_of_constants_classes_and_functions(room: str) -> None:
    module = importlib.import_module(room)

    assert module.__all__ == sorted(module.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name))
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("name", [name for name in MODULES if name not in TABLES])
def test_a_module_has_at_most_400_lines(name: str) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize(
    "name", [name for name in MODULES if not name.endswith("__init__.py") and name not in VOCABULARIES]
)
def test_a_module_has_at_most_8_public_names(name: str) -> None:
    names = exported(name)

    assert len(names) <= 8, names


def test_no_function_is_longer_than_40_lines() -> None:
    assert [(name, lines) for module in MODULES for name, lines in functions(module) if lines > 40] == []


def test_nearly_all_functions_are_short_and_most_are_very_short() -> None:
    lengths = [lines for module in MODULES for _, lines in functions(module)]

    assert median(lengths) <= 7
    assert sum(length <= 20 for length in lengths) / len(lengths) >= 0.9


@pytest.mark.parametrize("name", MODULES)
def test_a_module_and_its_public_names_explain_themselves(name: str) -> None:
    module = tree(name)
    definitions = [*public(module)]
    definitions += [inner for cls in definitions if isinstance(cls, ast.ClassDef) for inner in public(cls)]

    silent = [definition.name for definition in definitions if not ast.get_docstring(definition)]

    assert ast.get_docstring(module), "the module says nothing"
    assert silent == []


@pytest.mark.parametrize("name", AGENTS)
def test_an_agent_says_what_it_does_under_five_headings(name: str) -> None:
    docstring = ast.get_docstring(tree(name)) or ""

    headings = re.findall(r"^(Watches|Compares|Writes|Source|Left out)  ", docstring, re.MULTILINE)

    assert headings == HEADINGS


def test_no_module_has_an_empty_name() -> None:
    assert [name for name in MODULES if EMPTY_NAMES & set(Path(name).with_suffix("").parts)] == []
