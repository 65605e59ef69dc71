"""What a pod's resolver goes by: its /etc/resolv.conf and the additions to its /etc/hosts.

Source    resolv.conf(5), hosts(5); pkg/kubelet/network/dns (the kubelet decides, see k8slab.kubelet.dns_config)
Left out  options but ndots take no effect
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["UPSTREAM", "Resolver"]

UPSTREAM = "192.168.0.1"  # the name server of the machines' own network; it knows nobody in the cluster


class Resolver(NamedTuple):
    """Name servers in turn, the domains that names are tried in, options as written, and names known without asking."""

    servers: tuple[str, ...]
    domains: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    hosts: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def ndots(self) -> int:
        """From so many dots on, a name is tried as it is first."""
        for option in reversed(self.options):
            name, _, value = option.partition(":")
            if name == "ndots" and value.isdecimal():
                return min(int(value), 15)
        return 1

    @property
    def text(self) -> str:
        """The file /etc/resolv.conf."""
        lines = [f"search {' '.join(self.domains)}"] if self.domains else []
        lines += [f"nameserver {server}" for server in self.servers]
        lines += [f"options {' '.join(self.options)}"] if self.options else []
        return "".join(line + "\n" for line in lines)

    @property
    def host_lines(self) -> str:
        """What hostAliases add to /etc/hosts."""
        if not self.hosts:
            return ""
        lines = ["\t".join((address, *names)) + "\n" for address, names in self.hosts]
        return "\n# Entries added by HostAliases.\n" + "".join(lines)

    def known(self, host: str) -> str:
        """The address that /etc/hosts has for a name, "" for none."""
        return next((address for address, names in self.hosts if host in names), "")
