"""What a time line says, in English and in Korean."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "counted",
    "say",
]

_TEXTS = {
    "en": {
        "title": "Time line from {start} to {end} (UTC), {length} long: {lanes} lanes, {n} marks",
        "empty": "Time line: nothing has happened yet",
        "fault": "fault",
        "recovery": "recovery",
        "lever": "lever",
        "refused": "refused",
        "deleted": "deleted",
        "created": "created",
        "updated": "updated",
        "event": "Event",
        "read": "read",
        "fault.many": "faults",
        "recovery.many": "recoveries",
        "lever.many": "levers",
        "event.many": "Events",
        "api-server": "api-server",
        "faults": "nodes and faults",
        "kubelets": "all kubelets",
        "?": "(not told)",
        "you": "you",
        "now": "now",
        "shown": "shown below: {moment}, at {clock}",
        "in order": "one step per moment, not true to time",
        "more": "… {n} more",
        "cut": "cut power: {name}",
        "restored": "restored power: {name}",
    },
    "ko": {
        "title": "타임라인 {start} ~ {end} (UTC), 길이 {length}: 레인 {lanes}개, 표시 {n}개",
        "empty": "타임라인: 아직 일어난 일이 없음",
        "fault": "장애",
        "recovery": "복구",
        "lever": "조작",
        "refused": "거절",
        "deleted": "삭제",
        "created": "생성",
        "updated": "변경",
        "event": "Event",
        "read": "읽기",
        "api-server": "api-server",
        "faults": "Node와 장애",
        "kubelets": "모든 kubelet",
        "?": "(알 수 없음)",
        "you": "나",
        "now": "지금",
        "shown": "아래 그림: {moment}, {clock}",
        "in order": "순간마다 한 칸, 실제 시간 간격 아님",
        "more": "… {n}개 더",
        "cut": "전원 차단: {name}",
        "restored": "전원 복구: {name}",
    },
}


def say(lang: str, name: str, **values: object) -> str:
    """The text called `name` in this language. Raises KeyError for a name that is none."""
    return _TEXTS.get(lang, _TEXTS["en"])[name].format(**values)


def counted(lang: str, counts: Mapping[str, int]) -> str:
    """`3 created, 12 updated`, `생성 3, 변경 12`, in the order of the mapping."""
    if lang == "ko":
        return ", ".join(f"{say(lang, name)} {n:,}" for name, n in counts.items())
    known = _TEXTS["en"]
    return ", ".join(f"{n:,} {known.get(f'{name}.many', known[name]) if n > 1 else known[name]}"
                     for name, n in counts.items())  # fmt: skip
