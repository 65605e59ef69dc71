"""What a tape says, in English and in Korean."""

from __future__ import annotations

__all__ = ["Words"]

_TEXTS = {
    "en": {
        "title": "Watch of {what}",
        "where": "{what} in {namespace}",
        "sums": "{requests} requests, {events} events, {bytes} bytes",
        "time": "time",
        "type": "type",
        "revision": "resourceVersion",
        "object": "object",
        "told": "what changed",
        "bytes": "bytes",
        "items": "{n} items",
        "items.one": "1 item",
        "since": "everything after {revision}",
        "last form": "its last form",
        "bookkeeping": "bookkeeping alone",
        "more fields": "{n} more fields",
        "more fields.one": "1 more field",
        "bookmark": "nothing new; you have everything up to this number",
        "found": "found by the list, no event told of it",
        "END": "the server ended the stream",
        "TORN": "hung up; {revision} is the last number that was seen",
        "earlier": "… {n} earlier lines",
        "earlier.one": "… 1 earlier line",
        "empty": "nothing has come yet",
        "torn": "hung up",
        "open": "open",
        "waiting": "no answer; it will be tried again",
    },
    "ko": {
        "title": "watch: {what}",
        "where": "{what}({namespace})",
        "sums": "요청 {requests}번, 이벤트 {events}개, {bytes}바이트",
        "time": "시각",
        "type": "종류",
        "revision": "resourceVersion",
        "object": "오브젝트",
        "told": "바뀐 내용",
        "bytes": "바이트",
        "items": "{n}개",
        "since": "{revision} 다음부터 전부",
        "last form": "마지막 모습",
        "bookkeeping": "내부 기록만 바뀜",
        "more fields": "필드 {n}개 더",
        "bookmark": "새 소식 없음. 이 번호까지는 다 받았음",
        "found": "list에서 발견. 알려 준 이벤트는 없음",
        "END": "서버가 스트림을 끝냄",
        "TORN": "연결을 끊음. 마지막으로 본 번호는 {revision}",
        "earlier": "… 앞의 {n}줄",
        "empty": "아직 온 것이 없음",
        "torn": "끊김",
        "open": "열림",
        "waiting": "응답 없음. 다시 시도함",
    },
}


class Words:
    """The texts of one language. Raises ValueError for a language that there is not."""

    def __init__(self, lang: str = "en") -> None:
        if lang not in _TEXTS:
            raise ValueError(f'unknown language "{lang}"; there are: {", ".join(_TEXTS)}')
        self.lang = lang
        self._texts = _TEXTS[lang]

    def __call__(self, name: str, **values: object) -> str:
        """The text called `name`; one for exactly one is chosen where there is one."""
        text = self._texts.get(f"{name}.one") if values.get("n") == 1 else None
        return (text or self._texts[name]).format(**values)
