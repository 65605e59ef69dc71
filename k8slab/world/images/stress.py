"""stress: takes memory and CPU as its arguments say, for trying out requests, limits and pressure.

Source    kubernetes.io, "Assign Memory Resources to Containers and Pods" (polinux/stress) and "Assign CPU Resources to
          Containers and Pods" (vish/stress); stress(1)
Left out  --io, --backoff, --vm-hang; the time that it takes to write --hdd-bytes; memory taken in parts
          (-mem-alloc-size, -mem-alloc-sleep)
"""

from __future__ import annotations

import re

from k8slab.world.images.behaviour import Behaviour

__all__ = [
    "Stress",
]

UNITS = {"": 1, "B": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "Ki": 1024, "Mi": 1024**2, "Gi": 1024**3}
IDLE_BYTES = 512 * 1024


class Stress(Behaviour):
    """`stress --cpu 2 --vm 1 --vm-bytes 150M --hdd 1 --hdd-bytes 1G --timeout 60`, or `-cpus 2 -mem-total 1Gi`."""

    size_bytes = 4 * 1024**2
    memory_bytes = IDLE_BYTES
    cpu_m = 0.0

    def start(self) -> None:
        """Take it all at once; without anything to take there is nothing to do, and it ends."""
        words = [word for word in (*self.command, *self.args) if not word.endswith("stress")]
        options = {
            name.lstrip("-"): value for name, value in zip(words, [*words[1:], ""], strict=False) if name[0] == "-"
        }
        cpus, hogs = _number(options.get("cpu") or options.get("cpus", "")), _number(options.get("vm", ""))
        memory = hogs * _bytes(options.get("vm-bytes", "256M")) + _bytes(options.get("mem-total", ""))
        hdds = _number(options.get("hdd", ""))
        disk = hdds * _bytes(options.get("hdd-bytes", "1G"))
        if not cpus and not memory and not disk:
            self.exit(0)
            return
        self.log(f"stress: info: [1] dispatching hogs: {cpus:g} cpu, 0 io, {hogs:g} vm, {hdds:g} hdd")
        self.use(cpu_m=1000 * max(cpus, hogs), memory_bytes=IDLE_BYTES + int(memory), disk_bytes=int(disk))
        timeout = _number(options.get("timeout", "").removesuffix("s"))
        if timeout:
            self.call_later(timeout, self._finish)

    def on_sigterm(self) -> None:
        """Ignore it, as the kernel does for a PID 1 without a handler."""

    def _finish(self) -> None:
        self.log("stress: info: [1] successful run completed")
        self.exit(0)


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else 0.0


def _bytes(text: str) -> float:
    match = re.fullmatch(r"(\d+)([KMG]i?|B)?", text)
    return int(match[1]) * UNITS[match[2] or ""] if match else 0.0
