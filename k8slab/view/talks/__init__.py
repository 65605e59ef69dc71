"""Who talks to whom, counted from the audit record, and that it all goes through the api-server."""

from k8slab.view.talks.talks import Talks, talks

__all__ = [
    "Talks",
    "talks",
]
