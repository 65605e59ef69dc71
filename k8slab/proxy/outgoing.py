"""Requests that containers send themselves (`wget http://web`): the same way as any other request."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from k8slab.proxy.request import Answer, Requests
from k8slab.world import Fetched, NoAnswerError, Vm

__all__ = [
    "ContainerRequests",
]


class ContainerRequests:
    """What `Network.outgoing` asks for."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def fetch(self, url: str, source: Vm, namespace: str, client: str, agent: str) -> Fetched:
        """Ask for a page, from the address `client`, as the program `agent`."""
        parts = urlsplit(url)
        answer = self._requests.send(url, source, namespace, client=client, headers={"User-Agent": agent})
        return self._fetched(answer, parts.hostname or "", parts.port or 80, source, namespace)

    def reach(self, host: str, port: int, source: Vm, namespace: str) -> Fetched:
        """Open a connection and close it."""
        return self._fetched(self._requests.reach(host, port, source, namespace), host, port, source, namespace)

    def resolve(self, host: str, source: Vm, namespace: str) -> tuple[str, tuple[str, ...]]:
        """The full name and its addresses, none when there is no such name. Raises NoAnswerError."""
        try:
            found = self._requests.resolve(host, source, namespace)
        except ConnectionError as error:
            raise NoAnswerError from error
        return (found.name, found.addresses) if found is not None else ("", ())

    def _fetched(self, answer: Answer, host: str, port: int, source: Vm, namespace: str) -> Fetched:
        number = re.match(r"curl: \((\d+)\)", answer.error)
        problem = int(number[1]) if number else 28 if answer.error else 0
        address = host if host.replace(".", "").isdigit() else ""
        if not address and problem != 6:
            address = next(iter(self.resolve(host, source, namespace)[1]), "")
        return Fetched(answer.status, answer.body, problem, answer.error, answer.took_s, f"{address}:{port}")
