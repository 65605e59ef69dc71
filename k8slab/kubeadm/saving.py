"""A cluster as a file: how it was built and what was done to it. Text, small, safe to load; loading it replays it.

The file is JSON, one input a line. It may hold Secrets, as the inputs did: it is written for its owner's eyes alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from k8slab.kubeadm.journal import Input

__all__ = [
    "read_history",
    "write_history",
]

FORMAT, VERSION = "k8slab history", 1
SIZE_LIMIT_BYTES = 200_000_000
ACTS = (
    "request", "wait", "step", "send", "fail", "recover", "slow", "crash", "stop_daemon", "start_daemon",
    "private_registry", "occupy", "shut_down", "typed", "hung_up", "write_file", "remove_file", "remove_containers",
    "metric", "start_load", "stop_load", "measure_requests",
    "configure_scheduler", "add_scheduler", "remove_scheduler_plugin", "install_vertical_autoscaler",
    "install_cluster_autoscaler",
    "begin_request", "cut", "heal",
    "prices", "add_node", "remove_node", "add_vm", "attach_cloud", "console",
    "site", "link", "cut_link", "heal_link", "registry", "mirror", "builder", "source", "edit", "rule", "transfer",
    "begin_build", "begin_playbook", "storage_farm",
)  # fmt: skip
CODE = ("image", "measured", "scheduler_plugin", "webhook", "remove_webhook")  # inputs that are no text
BUILT_WITH = ("nodes", "seed", "agents", "zones", "cpu", "memory", "start")
BUILT_WITH_MAYBE = ("bare", "service_cidr", "prices", "cloud", "version")


def write_history(path: str | Path, built_with: Mapping[str, Any], inputs: list[Input], moment: float) -> None:
    """Write the file, all of it or nothing. Raises ValueError for an input that is code, OSError as files do."""
    from tempfile import mkstemp  # which brings more than a start should pay for

    path = Path(path)
    lines = [_dumped({"format": FORMAT, "version": VERSION, "built_with": built_with})]
    for entry in inputs:
        if entry.act in CODE:
            raise ValueError(f"this cluster cannot be saved: it was given Python code ({entry.act} {_name(entry)})")
        if entry.act not in ACTS:
            raise ValueError(f"this cluster cannot be saved: nobody knows how to load the input {entry.act!r}")
        lines.append(_dumped({"at": entry.at, "act": entry.act, "what": entry.what, "until": entry.until}))
    lines.append(_dumped({"end": moment, "inputs": len(inputs)}))
    handle, name = mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def read_history(path: str | Path) -> tuple[dict[str, Any], list[Input], float]:
    """How the cluster was built, its inputs, and its last moment. Raises ValueError for a file that is not whole."""
    path = Path(path)
    if path.stat().st_size > SIZE_LIMIT_BYTES:
        raise ValueError(f"{path} is larger than {SIZE_LIMIT_BYTES:,} bytes: this is no saved cluster")
    lines = path.read_bytes().splitlines()
    head, *rest = [_loaded(line, path) for line in lines] or [{}]
    if head.get("format") != FORMAT:
        raise ValueError(f"{path} is no saved cluster")
    if head.get("version") != VERSION:
        raise ValueError(
            f"{path} was saved by another release of k8slab (format {head.get('version')!r}, not {VERSION})"
        )
    if not rest or "end" not in rest[-1] or rest[-1].get("inputs") != len(rest) - 1:
        raise ValueError(f"{path} is torn: its end is missing")
    *entries, end = rest
    try:
        inputs = [_input(entry) for entry in entries]
        given = head["built_with"]
        built_with = {name: given[name] for name in BUILT_WITH}
        built_with |= {name: given[name] for name in BUILT_WITH_MAYBE if name in given}
        return built_with, inputs, float(end["end"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is spoilt: {error}") from None


def _input(entry: dict[str, Any]) -> Input:
    if entry["act"] not in ACTS:
        raise ValueError(f"unknown input {entry['act']!r}")
    return Input(float(entry["at"]), entry["act"], dict(entry["what"]), float(entry["until"]))


def _loaded(line: bytes, path: Path) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError(f"{path} is no saved cluster, or torn") from None
    if not isinstance(entry, dict):
        raise ValueError(f"{path} is no saved cluster")
    return entry


def _dumped(entry: Any) -> str:
    return json.dumps(entry, ensure_ascii=False, separators=(", ", ": "))


def _name(entry: Input) -> str:
    return str(entry.what.get("name", ""))
