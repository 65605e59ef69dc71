"""The API of any cluster over HTTPS, by the official client's way of logging in.

Needs the extra `connect` (kubernetes). Threads live here: one for each open watch.
"""

from k8slab.client.over_http.door import Door, open_door
from k8slab.client.over_http.reader import RemoteClient
from k8slab.client.over_http.stream import LineStream
from k8slab.client.over_http.transport import OverHttp

__all__ = [
    "Door",
    "LineStream",
    "OverHttp",
    "RemoteClient",
    "open_door",
]
