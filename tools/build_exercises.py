"""Generate exercises/ from solutions/ with nbgrader: the release of every exercise, without its solution.

python tools/build_exercises.py            generate exercises/
python tools/build_exercises.py --check    fail when they are not up to date
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOLUTIONS, EXERCISES = ROOT / "solutions", ROOT / "exercises"


def release(folder: Path) -> dict[Path, bytes]:
    """What nbgrader makes of solutions/, by path under `folder`, which it writes."""
    names = sorted(path.parent.name for path in SOLUTIONS.glob("*/exercise.ipynb"))
    for name in names:
        command = [sys.executable, "-m", "nbgrader", "generate_assignment", name, "--no-db", "--force"]
        options = [f"--CourseDirectory.root={ROOT}", f"--CourseDirectory.release_directory={folder}"]
        done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.ipynb"))}


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Generate exercises/ from solutions/ with nbgrader.")
    parser.add_argument("--check", action="store_true", help="only tell what is not up to date")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = release(Path(folder))
    there = {path.relative_to(EXERCISES): path.read_bytes() for path in EXERCISES.glob("*/*.ipynb")}
    if options.check:
        for path in sorted(path for path in files.keys() | there.keys() if files.get(path) != there.get(path)):
            print(f"exercises/{path} is not up to date: run `make exercises`", file=sys.stderr)
        return int(files != there)
    shutil.rmtree(EXERCISES, ignore_errors=True)
    for path, content in files.items():
        (EXERCISES / path).parent.mkdir(parents=True, exist_ok=True)
        (EXERCISES / path).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
