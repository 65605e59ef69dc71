"""Requests that containers send themselves (`wget http://web`): the same way as any other request."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from k8slab.proxy.hops import Answer
from k8slab.proxy.request import Requests
from k8slab.world import Fetched, Network, NoAnswerError, Sandbox, Vm

__all__ = [
    "ContainerRequests",
]


class ContainerRequests:
    """What `Network.outgoing` asks for."""

    def __init__(self, requests: Requests, network: Network) -> None:
        self._requests = requests
        self._network = network

    def fetch(
        self, url: str, source: Vm, namespace: str, client: str, agent: str, sandbox: Sandbox | None = None
    ) -> Fetched:
        """Ask for a page, from the address `client`, as the program `agent` of a pod."""
        parts, sandbox = urlsplit(url), sandbox or self._network.sandbox_at(client)
        headers = {"User-Agent": agent}
        answer = self._requests.send(url, source, namespace, client=client, headers=headers, sandbox=sandbox)
        return self._fetched(answer, parts.hostname or "", parts.port or 80, sandbox)

    def reach(self, host: str, port: int, sandbox: Sandbox) -> Fetched:
        """Open a connection from a pod and close it."""
        answer = self._requests.reach(host, port, sandbox.vm, sandbox.namespace, client=sandbox.ip, sandbox=sandbox)
        return self._fetched(answer, host, port, sandbox)

    def resolve(self, host: str, sandbox: Sandbox) -> tuple[str, tuple[str, ...]]:
        """Ask in the name of a pod: the full name and its addresses, none when there is no such name.

        Raises NoAnswerError.
        """
        try:
            found = self._requests.resolve(host, sandbox.vm, sandbox.namespace, client=sandbox.ip, sandbox=sandbox)
        except ConnectionError as error:
            raise NoAnswerError from error
        return (found.name, found.addresses) if found is not None else ("", ())

    def _fetched(self, answer: Answer, host: str, port: int, sandbox: Sandbox | None) -> Fetched:
        number = re.match(r"curl: \((\d+)\)", answer.error)
        problem = int(number[1]) if number else 28 if answer.error else 0
        address = host if host.replace(".", "").isdigit() else ""
        if not address and problem != 6 and sandbox is not None:
            address = next(iter(self.resolve(host, sandbox)[1]), "")
        return Fetched(answer.status, answer.body, problem, answer.error, answer.took_s, f"{address}:{port}")
