"""The open sessions of a cluster: what is typed into them is an input from outside, and written down as such."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.kubeadm.journal import READS, Journal
from k8slab.wire import Request, Response, Session

__all__ = [
    "Sessions",
]


class Sessions:
    """Sessions by the number of their opening, as far as they are open; `typed` and `hung_up` act on one of them."""

    def __init__(self, journal: Journal, now: Callable[[], float]) -> None:
        self._journal = journal
        self._now = now
        self._open: dict[int, Session] = {}
        self._count = 0

    def kept(self, request: Request, response: Response) -> Response:
        """The answer; if it has a session that can be typed at, one that writes it down."""
        if response.session is None or request.verb in READS:
            return response
        self._count += 1
        self._open[self._count] = response.session
        return response._replace(session=_Noted(self, self._count, response.session))

    def typed(self, number: int, text: str | None) -> None:
        """Give input (a character for each byte) to a session, or (None) tell that there is no more."""
        session = self._open.get(number)
        if session is None or session.is_closed:
            return
        self._journal.note(self._now(), "typed", number=number, text=text)
        if text is None:
            session.end_input()
        else:
            session.send(text.encode("latin-1"))

    def hung_up(self, number: int) -> None:
        """End a session."""
        session = self._open.pop(number, None)
        if session is None or session.is_closed:
            return
        self._journal.note(self._now(), "hung_up", number=number)
        session.close()


class _Noted:
    """A session whose input passes through `Sessions`."""

    def __init__(self, sessions: Sessions, number: int, session: Session) -> None:
        self._sessions = sessions
        self._number = number
        self._session = session

    @property
    def is_closed(self) -> bool:
        return self._session.is_closed

    def pull(self) -> list[tuple[str, Any]]:
        return self._session.pull()

    def on_arrival(self, wake: Callable[[], None]) -> None:
        self._session.on_arrival(wake)

    def send(self, data: bytes) -> None:
        self._sessions.typed(self._number, data.decode("latin-1"))

    def end_input(self) -> None:
        self._sessions.typed(self._number, None)

    def close(self) -> None:
        self._sessions.hung_up(self._number)
