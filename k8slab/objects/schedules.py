"""When a CronJob is due: the five fields of cron, the names for usual schedules, and `@every`.

Source    github.com/robfig/cron/v3: parser.go (ParseStandard), spec.go (SpecSchedule.Next), constantdelay.go
Left out  CRON_TZ= and TZ= in front of a schedule, which the API server refuses
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

__all__ = ["Schedule", "parse_schedule"]

MONTHS = ("", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# The fields in their order: the least and the greatest number, and the names that stand for numbers.
FIELDS = ((0, 59, ()), (0, 23, ()), (1, 31, ()), (1, 12, MONTHS), (0, 6, DAYS))
NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
EVERY = "@every "
UNIT_S = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
DURATION = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns)")

Field = tuple[int, int, tuple[str, ...]]


class Schedule(NamedTuple):
    """A schedule that is understood: five fields, or a number of seconds between two starts."""

    fields: str = ""
    every_s: int = 0
    zone: str = ""

    def after(self, moment: float) -> float | None:
        """The first start after a moment, both in seconds since 1970; None when there is never one.

        A time of day that the clocks of the zone skip is left out; one that they show twice counts twice.
        """
        if self.every_s:
            return int(moment) + self.every_s
        from cronsim import CronSim, CronSimError  # a cluster without CronJobs does not pay for it

        since = datetime.fromtimestamp(int(moment), ZoneInfo(self.zone) if self.zone else UTC)
        try:
            # With a field for seconds the library leaves the quirks of Debian's cron out.
            found = next(CronSim(f"0 {self.fields}", since), None)
        except CronSimError:
            return None  # such as the 31st of February
        return found.timestamp() if found is not None else None


@lru_cache(maxsize=1024)
def parse_schedule(text: str, zone: str = "") -> Schedule:
    """Understand a schedule, in a time zone of the IANA database ("" is UTC).

    Raises ValueError with the words of the real server.
    """
    if not text:
        raise ValueError("empty spec string")
    if text.startswith(EVERY):
        return Schedule(every_s=max(int(_seconds(text)), 1))
    if text.startswith("@"):
        if text not in NAMED:
            raise ValueError(f"unrecognized descriptor: {text}")
        return Schedule(NAMED[text], zone=zone)
    words = text.split()
    if len(words) != len(FIELDS):
        raise ValueError(f"expected exactly {len(FIELDS)} fields, found {len(words)}: [{' '.join(words)}]")
    return Schedule(" ".join(_field(word, field) for word, field in zip(words, FIELDS, strict=True)), zone=zone)


def _seconds(text: str) -> float:
    """The duration in `@every 1h30m`."""
    given = text.removeprefix(EVERY)
    if not re.fullmatch(rf"[-+]?(?:{DURATION.pattern.removeprefix('[-+]?')})+", given):
        raise ValueError(f'failed to parse duration {text}: time: invalid duration "{given}"')
    total_s = sum(float(number) * UNIT_S[unit] for number, _, unit in DURATION.findall(given))
    return -total_s if given.startswith("-") else total_s


def _field(word: str, field: Field) -> str:
    """One field as a list of numbers, or `*` when it lets every number through."""
    numbers: set[int] = set()
    is_any = False
    for part in filter(None, word.split(",")):
        found, is_star = _range(part, field)
        numbers |= found
        is_any = is_any or is_star
    return "*" if is_any else ",".join(map(str, sorted(numbers)))


def _range(part: str, field: Field) -> tuple[set[int], bool]:
    """The numbers of `*`, `*/5`, `7`, `7/5`, `1-5` or `mon-fri/2`; and whether it was a star."""
    least, most, _ = field
    span, slash, step_text = part.partition("/")
    low, dash, high = span.partition("-")
    if "-" in high:
        raise ValueError(f"too many hyphens: {part}")
    if "/" in step_text:
        raise ValueError(f"too many slashes: {part}")
    is_star = low in ("*", "?")
    start = least if is_star else _number(low, field)
    end = most if is_star else _number(high, field) if dash else start
    step = _integer(step_text) if slash else 1
    if slash and not dash and not is_star:
        end = most
    if start < least:
        raise ValueError(f"beginning of range ({start}) below minimum ({least}): {part}")
    if end > most:
        raise ValueError(f"end of range ({end}) above maximum ({most}): {part}")
    if start > end:
        raise ValueError(f"beginning of range ({start}) beyond end of range ({end}): {part}")
    if step == 0:
        raise ValueError(f"step of range should be a positive number: {part}")
    return set(range(start, end + 1, step)), is_star and step == 1


def _number(text: str, field: Field) -> int:
    names = field[2]
    return names.index(text.lower()) if text and text.lower() in names else _integer(text)


def _integer(text: str) -> int:
    if not re.fullmatch(r"[-+]?[0-9]+", text):
        raise ValueError(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax')
    number = int(text)
    if number < 0:
        raise ValueError(f"negative number ({number}) not allowed: {text}")
    return number
