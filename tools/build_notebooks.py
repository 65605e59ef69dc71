"""Generate the notebooks of both languages from one source per notebook.

    course/00_the_whole_picture/notebook.py   English text and code, in jupytext's percent format
    course/00_the_whole_picture/ko.md         the Korean text, keyed by the ids of the text cells

Every text cell of the source has an id (`# %% [markdown] id="first-look"`). The Korean text of a cell stands
under `<!-- first-look 1a2b3c4d -->`, where the number is a hash of the English text it was made from: when the
English changes, the Korean is stale, and nothing is generated until somebody has looked at it. What a learner reads
in code, the options of a prediction for instance, is translated by the list under `<!-- strings -->` at the end of
ko.md (translate_code.py).

    python tools/build_notebooks.py              generate notebooks/ and notebooks/ko/
    python tools/build_notebooks.py --check      fail when they are not up to date
    python tools/build_notebooks.py --rehash     declare every Korean text to be up to date
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

import jupytext
from translate_code import Replacer, read_strings

ROOT = Path(__file__).parent.parent
COURSE, NOTEBOOKS = ROOT / "course", ROOT / "notebooks"
MARK = re.compile(r"^<!-- ([a-z0-9-]+) ([0-9a-f]{8}) -->$", re.MULTILINE)
STRINGS = "<!-- strings -->\n"


class StaleTranslation(Exception):
    """The Korean text does not fit the English source."""


class Cell(NamedTuple):
    """One cell of the source: `kind` is markdown or code."""

    kind: str
    id: str
    text: str

    @property
    def hash(self) -> str:
        """The fingerprint of the text, by which a translation knows its original."""
        return hashlib.sha256(self.text.strip().encode()).hexdigest()[:8]


def read_source(path: Path) -> list[Cell]:
    """The cells of a notebook.py. Raises ValueError for a text cell without an id, or an id used twice."""
    cells: list[Cell] = []
    for i, cell in enumerate(jupytext.read(path, fmt="py:percent").cells):
        id_ = cell.metadata.get("id") or (f"code-{i}" if cell.cell_type == "code" else "")
        if not id_ or id_ in (known.id for known in cells):
            raise ValueError(f'{path}: cell {i} needs an id of its own, like `# %% [markdown] id="first-look"`')
        cells.append(Cell(cell.cell_type, id_, cell.source.strip("\n")))
    return cells


class Korean(NamedTuple):
    """What a ko.md holds: per id the hash of the original and the Korean text, and the strings in code."""

    texts: dict[str, tuple[str, str]]
    strings: dict[str, str]


def read_korean(path: Path) -> Korean:
    """The texts, and the list of strings at the end. Raises ValueError for a line of that list that is none."""
    texts, _, strings = path.read_text(encoding="utf-8").partition(STRINGS)
    parts = MARK.split(texts)
    by_id = {parts[i]: (parts[i + 1], parts[i + 2].strip("\n")) for i in range(1, len(parts), 3)}
    return Korean(by_id, read_strings(strings))


def translated(cells: list[Cell], given: Korean, where: Path) -> list[Cell]:
    """The cells with Korean text, and the same code with Korean strings. Raises StaleTranslation."""
    korean, replacer = given.texts, Replacer(given.strings)
    texts = [cell for cell in cells if cell.kind == "markdown"]
    problems = [f"no Korean text for {cell.id}" for cell in texts if cell.id not in korean]
    problems += [f"{id_} is no cell of the English source" for id_ in korean if id_ not in {c.id for c in texts}]
    problems += [
        f"{cell.id} is stale: it was made from {korean[cell.id][0]}, the English is now {cell.hash}"
        for cell in texts
        if cell.id in korean and korean[cell.id][0] != cell.hash
    ]
    code = {cell.id: replacer.translated(cell.text) for cell in cells if cell.kind == "code"}
    problems += replacer.problems
    if problems:
        raise StaleTranslation(f"{where}: " + "; ".join(problems))
    return [cell._replace(text=korean[cell.id][1] if cell.kind == "markdown" else code[cell.id]) for cell in cells]


def notebook(cells: list[Cell], language: str) -> str:
    """The notebook as a file: no outputs, the same bytes every time."""
    body: dict[str, Any] = {
        "cells": [_cell(cell) for cell in cells],
        "metadata": {
            "k8slab": {"language": language},
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def _cell(cell: Cell) -> dict[str, Any]:
    common = {"cell_type": cell.kind, "id": cell.id, "metadata": {}, "source": cell.text.splitlines(keepends=True)}
    return common if cell.kind == "markdown" else {**common, "execution_count": None, "outputs": []}


def generated(folder: Path) -> dict[Path, str]:
    """The files that a source folder gives, by their paths under notebooks/."""
    cells = read_source(folder / "notebook.py")
    korean_path = folder / "ko.md"
    korean = translated(cells, read_korean(korean_path), korean_path)
    name = f"{folder.name}.ipynb"
    return {Path(name): notebook(cells, "en"), Path("ko") / name: notebook(korean, "ko")}


def rehash(folder: Path) -> None:
    """Write the hashes of the English texts into the Korean file."""
    hashes = {cell.id: cell.hash for cell in read_source(folder / "notebook.py")}
    path = folder / "ko.md"
    text = MARK.sub(lambda m: f"<!-- {m[1]} {hashes.get(m[1], m[2])} -->", path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Generate the notebooks of both languages.")
    parser.add_argument("--check", action="store_true", help="only tell what is not up to date")
    parser.add_argument("--rehash", action="store_true", help="declare every Korean text to be up to date")
    options = parser.parse_args()
    folders = sorted(path.parent for path in COURSE.glob("*/notebook.py"))
    if options.rehash:
        for folder in folders:
            rehash(folder)
    files = {path: text for folder in folders for path, text in generated(folder).items()}
    there = {
        path.relative_to(NOTEBOOKS) for path in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts
    }
    wrong = [path for path, text in files.items() if path not in there or (NOTEBOOKS / path).read_text("utf-8") != text]
    wrong += [path for path in sorted(there) if path not in files]
    if options.check:
        for path in wrong:
            print(f"notebooks/{path} is not up to date: run `make notebooks`", file=sys.stderr)
        return int(bool(wrong))
    for path, text in files.items():
        (NOTEBOOKS / path).parent.mkdir(parents=True, exist_ok=True)
        (NOTEBOOKS / path).write_text(text, encoding="utf-8")
    for path in there - files.keys():
        (NOTEBOOKS / path).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
