"""What message stepping says, in English and in Korean."""

from __future__ import annotations

__all__ = ["say"]

_TEXTS = {
    "en": {
        "title": "{n} messages to the API server",
        "title.one": "1 message to the API server",
        "place": "message {at} of {n}",
        "none": "no message yet",
        "unknown": "this API keeps no record of its calls, so there are no messages to show",
        "earlier": "… {n} earlier messages",
        "rest": "at rest: nothing but heartbeats is due within a minute",
        "so far": "that is all so far",
        "list": "all messages",
    },
    "ko": {
        "title": "API 서버로 간 메시지 {n}개",
        "place": "메시지 {n}개 중 {at}번째",
        "none": "아직 메시지 없음",
        "unknown": "이 API는 호출 기록을 남기지 않으므로 보여 줄 메시지가 없음",
        "earlier": "… 앞의 메시지 {n}개",
        "rest": "멈춤: 1분 안에 예정된 일이 하트비트뿐임",
        "so far": "지금까지는 이것이 전부임",
        "list": "모든 메시지",
    },
}


def say(lang: str, name: str, **values: object) -> str:
    """The text called `name` in this language. Raises KeyError for a name that is none."""
    texts = _TEXTS.get(lang, _TEXTS["en"])
    text = texts.get(f"{name}.one") if values.get("n") == 1 else None
    return (text or texts[name]).format(**values)
