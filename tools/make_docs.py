"""Generate docs/left-out.md: one table of everything that is simplified, from the modules' own docstrings.

python tools/make_docs.py            write it
python tools/make_docs.py --check    fail when it is not up to date
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "left-out.md"
ENTRY = re.compile(r"^Left out +(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
HEAD = """# What is left out

A lie is worse than a gap. Whatever k8slab simplifies is said by the module that does it, in its docstring; this
table is made from those lines by `make docs`. What is not listed here and differs from Kubernetes v1.37 is a bug.

| module | left out |
|---|---|
"""


def entries() -> Iterator[tuple[str, str]]:
    """Every module that leaves something out, and what."""
    for path in sorted((ROOT / "k8slab").rglob("*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        match = ENTRY.search(docstring)
        if match:
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            yield module, " ".join(match[1].split())


def page() -> str:
    """The page."""
    return HEAD + "".join(f"| `{module}` | {text.replace('|', '/')} |\n" for module, text in entries())


def main() -> int:
    """Run the command line."""
    text = page()
    if "--check" in sys.argv[1:]:
        is_current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text
        if not is_current:
            print("docs/left-out.md is not up to date: run `make docs`", file=sys.stderr)
        return int(not is_current)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
