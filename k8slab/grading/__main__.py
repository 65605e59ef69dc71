"""The judge's own process: read a task from standard input, write the verdict to the file it names."""

from __future__ import annotations

import io
import json
import sys
from importlib import import_module


def main() -> None:
    """Judge one answer; what it prints is thrown away."""
    task = json.load(sys.stdin)
    sys.stdout = sys.stderr = io.StringIO()
    exercise = import_module(f"k8slab.grading.exercises.e{task['exercise']}")
    behaviours = exercise.judge(task["source"], task["seed"])
    with open(task["verdict"], "w", encoding="utf-8") as file:
        json.dump([list(behaviour) for behaviour in behaviours], file)


if __name__ == "__main__":
    main()
