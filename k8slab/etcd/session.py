"""A key that is there as long as the process that holds it, and soon after no more.

It hangs on a lease that a thread keeps alive by the real clock, so no time of a loop is involved.

Source    etcd-io/etcd, client/v3/concurrency (Session, Mutex)
Left out  a queue of those who wait; telling the holder that its process stood still for so long that another has
          taken the key meanwhile
"""

from __future__ import annotations

import json
from contextlib import suppress
from threading import Event as Signal
from threading import Thread
from typing import Any

from .gateway import Gateway, encoded
from .protocol import LeaseNotFound, StoreUnavailable

__all__ = ["Session"]

TTL_S, ASK_EVERY_S = 5, 0.1


class Session:
    """`key` on the server at `url`, once it is there for nobody else; `is_held` tells whether that came true.

    Waits as long as the key of somebody who has died may still be there. Raises StoreUnavailable.
    """

    def __init__(self, url: str, key: str, value: Any) -> None:
        self._gateway = Gateway(url)
        self._key, self._value = encoded(key), encoded(json.dumps(value))
        self._lease = ""
        self._is_over = Signal()
        self.is_held = self._take()
        for _ in range(int((TTL_S + 1) / ASK_EVERY_S)):
            if self.is_held:
                break
            self._is_over.wait(ASK_EVERY_S)
            self.is_held = self._take()
        self._thread = Thread(target=self._run, name="etcd-session", daemon=True)
        if self.is_held:
            self._thread.start()

    def close(self) -> None:
        """Give the key back."""
        self._is_over.set()
        if self.is_held:
            self._thread.join()
            with suppress(LeaseNotFound, StoreUnavailable):  # then it ends by itself
                self._gateway.ask("lease/revoke", {"ID": self._lease})
        self._gateway.close()

    def _run(self) -> None:
        while not self._is_over.wait(TTL_S / 3):
            with suppress(StoreUnavailable):  # it is asked again
                if not int(self._gateway.ask("lease/keepalive", {"ID": self._lease}).get("TTL", 0)):
                    self._take()

    def _take(self) -> bool:
        if "kvs" in self._gateway.ask("kv/range", {"key": self._key}):
            return False
        self._lease = self._gateway.ask("lease/grant", {"TTL": str(TTL_S)})["ID"]
        absent = {"key": self._key, "target": "CREATE", "result": "EQUAL", "create_revision": "0"}
        put = {"request_put": {"key": self._key, "value": self._value, "lease": self._lease}}
        return bool(self._gateway.ask("kv/txn", {"compare": [absent], "success": [put]}).get("succeeded"))
