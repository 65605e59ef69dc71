"""What a container has used, as weights in buckets that grow with the values; the weight of the past halves every day.

Source    github.com/kubernetes/autoscaler, vertical-pod-autoscaler/pkg/recommender/util/{histogram,histogram_options,
          decaying_histogram}.go, .../model/{aggregate_container_state,aggregations_config,container}.go
Left out  checkpoints; samples of weights too small to count
"""

from __future__ import annotations

import math

__all__ = [
    "DAY_S",
    "ContainerUse",
    "Histogram",
]

DAY_S = 86_400.0
HALF_LIFE_S = DAY_S
GROWTH = 0.05  # of each bucket over the one before
LEAST_WEIGHT = 0.1
MOST_HALVINGS = 100.0


class Histogram:
    """Weights of values; each counts half of one that is a day younger."""

    def __init__(self, first: float, most: float) -> None:
        self._first = first
        self._last = math.ceil(math.log(most * GROWTH / first + 1, 1 + GROWTH))
        self._weights: dict[int, float] = {}
        self._since = 0.0

    @property
    def is_empty(self) -> bool:
        """Nothing has been added."""
        return not self._weights

    def add(self, value: float, weight: float, at: float) -> None:
        """Add so much weight to a value; less than nothing takes it back."""
        if not self._weights or at - self._since > MOST_HALVINGS * HALF_LIFE_S:
            self._begin_anew(at)
        bucket = self._bucket(value)
        grown = self._weights.get(bucket, 0.0) + weight * 2.0 ** ((at - self._since) / HALF_LIFE_S)
        self._weights[bucket] = max(grown, 0.0)

    def percentile(self, share: float) -> float:
        """The end of the bucket below which this share of all weight lies; 0 when there is none."""
        wanted, seen = share * sum(self._weights.values()), 0.0
        for bucket in sorted(self._weights):
            seen += self._weights[bucket]
            if seen >= wanted and seen > 0:
                return self._start(min(bucket + 1, self._last))
        return 0.0

    def _begin_anew(self, at: float) -> None:
        """Count from another moment, so that no weight becomes too large to be told."""
        factor = 2.0 ** ((self._since - at) / HALF_LIFE_S)
        self._weights = {bucket: weight * factor for bucket, weight in self._weights.items()}
        self._since = at

    def _bucket(self, value: float) -> int:
        if value < self._first:
            return 0
        return min(int(math.log(value * GROWTH / self._first + 1, 1 + GROWTH)), self._last)

    def _start(self, bucket: int) -> float:
        return self._first * ((1 + GROWTH) ** bucket - 1) / GROWTH


class ContainerUse:
    """The use of one container of all Pods of a target: every sample of cpu, the peaks of memory of each day."""

    def __init__(self) -> None:
        self.cpu = Histogram(0.01, 1000.0)
        self.memory = Histogram(1e7, 1e12)
        self.first = self.last = 0.0
        self.samples = 0
        self._peaks: dict[str, tuple[float, float]] = {}  # by Pod: how much, and when its day ends

    def add(self, pod: str, cores: float, size_bytes: float, request_cores: float, at: float) -> None:
        """Add one sample."""
        self.cpu.add(cores, max(request_cores, LEAST_WEIGHT), at)
        self._add_memory(pod, size_bytes, at)
        self.first, self.last = self.first or at, at
        self.samples += 1

    @property
    def confidence(self) -> float:
        """How far the samples are to be believed: 1 when there is one a minute for a day."""
        return min((self.last - self.first) / DAY_S, self.samples / (60 * 24))

    def forget_pods(self, there: set[str]) -> None:
        """Peaks of Pods that are gone have been counted."""
        self._peaks = {pod: peak for pod, peak in self._peaks.items() if pod in there}

    def _add_memory(self, pod: str, size_bytes: float, at: float) -> None:
        peak, end = self._peaks.get(pod, (0.0, at))
        if at >= end:
            peak, end = 0.0, end + DAY_S * ((at - end) // DAY_S + 1)
        if size_bytes > peak:
            if peak:
                self.memory.add(peak, -1.0, end)
            self.memory.add(size_bytes, 1.0, end)
            peak = size_bytes
        self._peaks[pod] = peak, end
