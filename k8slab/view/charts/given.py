"""What charts are given: plain data, whoever has made it. The classes here say what is read of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

__all__ = [
    "BillLike",
    "LineLike",
    "LoadLike",
    "MomentLike",
    "PricesLike",
    "ShareLike",
]


class MomentLike(Protocol):
    """A stretch of time up to `at`; see k8slab.proxy.Moment."""

    @property
    def at(self) -> float:
        """The end of the stretch, in seconds since 1970."""

    @property
    def sent_per_s(self) -> float:
        """Requests a second."""

    @property
    def ok_per_s(self) -> float:
        """Good answers a second."""

    @property
    def p50_s(self) -> float:
        """What half of the answers did not exceed."""

    @property
    def p99_s(self) -> float:
        """What all but one in a hundred answers did not exceed."""

    @property
    def pods(self) -> int:
        """How many pods have answered."""

    @property
    def reasons(self) -> Sequence[tuple[str, float]]:
        """Failures a second by reason."""


class LoadLike(Protocol):
    """The report of a load; see k8slab.proxy.LoadReport."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def url(self) -> str:
        """What was asked for."""

    @property
    def start(self) -> float:
        """When it began, in seconds since 1970."""

    @property
    def until(self) -> float:
        """Up to when it is told."""

    @property
    def sent(self) -> float:
        """How many requests were sent."""

    @property
    def ok(self) -> float:
        """How many got a good answer."""

    @property
    def failed(self) -> Mapping[str, float]:
        """How many failed, by reason."""

    @property
    def p50_s(self) -> float:
        """What half of the answers did not exceed."""

    @property
    def p99_s(self) -> float:
        """What all but one in a hundred answers did not exceed."""

    @property
    def availability(self) -> float:
        """The part that got a good answer."""

    @property
    def series(self) -> Sequence[MomentLike]:
        """All of it over time."""


class LineLike(Protocol):
    """One thing that was paid for; see k8slab.world.Bill."""

    @property
    def kind(self) -> str:
        """What kind of thing."""

    @property
    def name(self) -> str:
        """Which."""

    @property
    def what(self) -> str:
        """What of it."""

    @property
    def dollars(self) -> float:
        """What was paid."""

    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels."""


class ShareLike(Protocol):
    """A pod's part of the price of a machine; the idle part has no pod."""

    @property
    def node(self) -> str:
        """The machine."""

    @property
    def namespace(self) -> str:
        """Whose."""

    @property
    def pod(self) -> str:
        """Which pod."""

    @property
    def dollars(self) -> float:
        """What it caused."""

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of the pod."""


class PricesLike(Protocol):
    """A table of prices; see k8slab.world.Prices."""

    @property
    def date(self) -> str:
        """When they held."""

    @property
    def source(self) -> str:
        """Where they come from."""

    @property
    def won_per_dollar(self) -> float:
        """The rate of exchange."""


class BillLike(Protocol):
    """What was paid in a period; see k8slab.world.Bill."""

    @property
    def start(self) -> float:
        """When the period began, in seconds since 1970."""

    @property
    def end(self) -> float:
        """When it ended."""

    @property
    def lines(self) -> Sequence[LineLike]:
        """All that was paid for."""

    @property
    def shares(self) -> Sequence[ShareLike]:
        """Who caused how much of the machines."""

    @property
    def dollars(self) -> float:
        """All of it, in dollars."""

    @property
    def total(self) -> float:
        """All of it, in won."""

    @property
    def prices(self) -> PricesLike:
        """The prices."""
