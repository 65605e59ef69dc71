"""Generate the pages in docs/ that can be worked out: what is left out, the Binder links, the two kubectls compared.

python tools/make_docs.py          write them
python tools/make_docs.py --check  fail when one is not up to date
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS, NOTEBOOKS = ROOT / "docs", ROOT / "notebooks"
ENTRY = re.compile(r"^Left out +(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
LEFT_OUT = """# What is left out

A lie is worse than a gap. Whatever k8slab simplifies is said by the module that does it, in its docstring; this
table is made from those lines by `make docs`. What is not listed here and differs from Kubernetes v1.37 is a bug.

| module | left out |
|---|---|
"""
BINDER = """# Open a notebook in Binder

Nothing to install: a link starts JupyterLab in the cloud with one notebook open. The links are made by `make docs` from
`repository` under `[tool.k8slab]` in `pyproject.toml`, the only place that knows where this project lives.

| notebook | English | 한국어 |
|---|---|---|
"""
MYBINDER = "https://mybinder.org/v2/gh/{repository}/HEAD?urlpath=lab/tree/notebooks/{path}"


def entries() -> Iterator[tuple[str, str]]:
    """Every module that leaves something out, and what."""
    for path in sorted((ROOT / "k8slab").rglob("*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        match = ENTRY.search(docstring)
        if match:
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            yield module, " ".join(match[1].split())


def left_out() -> str:
    """The page of what is left out."""
    return LEFT_OUT + "".join(f"| `{module}` | {text.replace('|', '/')} |\n" for module, text in entries())


def binder() -> str:
    """The page of deep links."""
    repository = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["k8slab"]["repository"]
    rows = []
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        links = [MYBINDER.format(repository=repository, path=name) for name in (path.name, f"ko/{path.name}")]
        rows.append(f"| {path.stem.replace('_', ' ')} | [open]({links[0]}) | [열기]({links[1]}) |\n")
    return BINDER + "".join(rows)


def parity() -> str:
    """The page of the two kubectls, counted by the tests that compare them."""
    sys.path.append(str(ROOT / "tests" / "http"))
    from parity import page

    return page()


def main() -> int:
    """Run the command line."""
    pages = {DOCS / "left-out.md": left_out(), DOCS / "binder.md": binder(), DOCS / "parity.md": parity()}
    wrong = [path for path, text in pages.items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in sys.argv:
        for path in wrong:
            print(f"{path.relative_to(ROOT)} is not up to date: run `make docs`", file=sys.stderr)
        return int(bool(wrong))
    for path in wrong:
        path.write_text(pages[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
