"""Messages: one call of the API at a time, as an arrow on the picture and in one sentence."""

from k8slab.view.messages.messages import Messages

__all__ = [
    "Messages",
]
