"""The command `k8slab`: a cluster that real clients can talk to.

k8slab serve --nodes 3 --kubeconfig slab.yaml
kubectl --kubeconfig slab.yaml get pods -A
"""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import threading
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; answers the exit code."""
    options = _parser().parse_args(argv)
    from k8slab.etcd import StoreUnavailable  # a mistake in the line is told before anything is loaded
    from k8slab.kubeadm import Cluster
    from k8slab.kubeadm.addresses import SERVICE_CIDR

    try:
        agents = _agents(options.agents)
        cluster = Cluster(
            options.nodes,
            options.seed,
            agents=agents,
            start="now",
            store=options.etcd,
            service_cidr=options.service_cidr or SERVICE_CIDR,
        )
        server = cluster.serve(host=options.host, port=options.port, kubeconfig=options.kubeconfig, speed=options.speed)
    except (ValueError, OSError, ImportError, StoreUnavailable) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    with server:
        ready = f"k8slab serves {len(cluster.nodes)} machines at {server.url}"
        print(f"{ready}  export KUBECONFIG={shlex.quote(str(server.kubeconfig))}", flush=True)
        over.wait()
    cluster.etcd.close()
    return 0


def _agents(text: str) -> list[str]:
    from k8slab.kubeadm import AGENTS

    return list(AGENTS) if text == "all" else [name for name in text.split(",") if name != "none"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="k8slab", description="A Kubernetes cluster inside a Python process.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    serve = verbs.add_parser("serve", help="open the API over HTTPS until the process is ended")
    serve.add_argument("--nodes", type=int, default=3, help="workers (default: 3)")
    serve.add_argument("--seed", type=int, default=0, help="the source of all chance (default: 0)")
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen at (default: loopback)")
    serve.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    serve.add_argument("--kubeconfig", help="where to write the file for clients (default: a temporary one)")
    serve.add_argument(
        "--speed",
        type=float,
        default=1.0,
        help="virtual seconds in a real one (default: 1; 0: time stands; inf: it jumps to what happens next)",
    )
    serve.add_argument("--etcd", metavar="URL", help="keep everything in this etcd server (default: in memory)")
    serve.add_argument("--service-cidr", metavar="CIDR", help="the addresses of Services (default: 10.96.0.0/12)")
    serve.add_argument("--agents", default="all", help="all, none, or names with commas: controllers,scheduler,…")
    return parser


if __name__ == "__main__":
    sys.exit(main())
