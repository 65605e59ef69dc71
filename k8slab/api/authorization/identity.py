"""Who asks: a user's name and the groups it belongs to.

Most groups follow from the name: those of service accounts and of the certificates that kubeadm makes. What a
request carries in `groups` is added; groups that name an authentication group themselves (as after impersonation)
are already all of them.

Source    staging/src/k8s.io/apiserver/pkg/authentication/{user/user.go,serviceaccount/util.go};
          cmd/kubeadm/app/phases/{certs/certlist.go,kubeconfig/kubeconfig.go}
Left out  authentication: every name is believed; uid and extra of a user
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = [
    "ADMINS",
    "ANONYMOUS",
    "AUTHENTICATED",
    "MASTERS",
    "NODES",
    "UNAUTHENTICATED",
    "User",
    "user_of",
]

MASTERS, NODES, ADMINS = "system:masters", "system:nodes", "kubeadm:cluster-admins"
AUTHENTICATED, UNAUTHENTICATED, ANONYMOUS = "system:authenticated", "system:unauthenticated", "system:anonymous"
ACCOUNT, ACCOUNTS, NODE = "system:serviceaccount:", "system:serviceaccounts", "system:node:"
CERTIFICATES = {
    "kubernetes-admin": (ADMINS,),
    "kubernetes-super-admin": (MASTERS,),
    "system:apiserver": (MASTERS,),  # what the server says to itself
}


class User(NamedTuple):
    """One caller."""

    name: str
    groups: tuple[str, ...]

    @property
    def account(self) -> tuple[str, str] | None:
        """Namespace and name of a service account, None for anybody else."""
        namespace, colon, name = self.name.removeprefix(ACCOUNT).partition(":")
        return (namespace, name) if self.name.startswith(ACCOUNT) and colon else None

    @property
    def node(self) -> str | None:
        """The node whose kubelet this is ("" when it does not say), None for anybody else."""
        if NODES not in self.groups:
            return None
        return self.name.removeprefix(NODE) if self.name.startswith(NODE) else ""


def user_of(name: str, groups: Sequence[str] = ()) -> User:
    """The user of a request, with all of its groups."""
    groups = tuple(groups)
    if AUTHENTICATED in groups or UNAUTHENTICATED in groups:
        return User(name or ANONYMOUS, groups)
    if name in ("", ANONYMOUS):
        return User(ANONYMOUS, (*groups, UNAUTHENTICATED))
    return User(
        name, tuple(dict.fromkeys((*CERTIFICATES.get(name, ()), *_groups_by_name(name), *groups, AUTHENTICATED)))
    )


def _groups_by_name(name: str) -> tuple[str, ...]:
    account = User(name, ()).account
    if account is not None:
        return (ACCOUNTS, f"{ACCOUNTS}:{account[0]}")
    return (NODES,) if name.startswith(NODE) else ()
