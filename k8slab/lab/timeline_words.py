"""What the controls of the time line and of message stepping say, in English and in Korean."""

from __future__ import annotations

__all__ = ["say"]

WORDS = {
    "en": {
        "moment": "Moment",
        "range": "Range",
        "order": "One step per moment",
        "order_tip": "Give every moment at which something happened the same room, however long it was quiet",
        "reads": "Reads",
        "reads_tip": "Show who only asked, too: get, list and watch",
        "back": "◀",
        "back_tip": "One moment back",
        "on": "▶",
        "on_tip": "One moment on",
        "fork": "Fork here",
        "fork_tip": "A cluster of its own that goes on from this moment; this one stays as it is",
        "forked": "Forked at {moment} ({clock}): %kubectl acts in the fork now; in Python it is .forked of this line.",
        "message": "Message",
        "first": "|◀",
        "first_tip": "To the first message",
        "previous": "◀",
        "previous_tip": "One message back",
        "next": "▶",
        "next_tip": "One message on; at the end the cluster takes its next step",
        "play": "Play",
        "speed": "Pace",
        "speed_tip": "How long each message stays",
        "slow": "4 s each",
        "medium": "2 s each",
        "fast": "1 s each",
        "quick": "0.4 s each",
        "live": "step by step, live",
        "replay": "replay",
    },
    "ko": {
        "moment": "순간",
        "range": "범위",
        "order": "순간마다 한 칸",
        "order_tip": "조용했던 시간이 얼마든, 무슨 일이 있었던 순간마다 같은 너비를 줍니다",
        "reads": "읽기",
        "reads_tip": "묻기만 한 것(get, list, watch)도 보여 줍니다",
        "back": "◀",
        "back_tip": "한 순간 뒤로",
        "on": "▶",
        "on_tip": "한 순간 앞으로",
        "fork": "여기서 갈라지기",
        "fork_tip": "이 순간부터 따로 이어지는 클러스터를 만듭니다. 지금 클러스터는 그대로입니다",
        "forked": "{moment} ({clock})에서 갈라짐: 이제 %kubectl은 갈라진 쪽에서 실행됩니다(파이썬에서는 .forked).",
        "message": "메시지",
        "first": "|◀",
        "first_tip": "첫 메시지로",
        "previous": "◀",
        "previous_tip": "메시지 하나 뒤로",
        "next": "▶",
        "next_tip": "메시지 하나 앞으로. 끝에서는 클러스터가 다음 한 걸음을 갑니다",
        "play": "재생",
        "speed": "속도",
        "speed_tip": "메시지 하나를 보여 주는 시간",
        "slow": "하나에 4초",
        "medium": "하나에 2초",
        "fast": "하나에 1초",
        "quick": "하나에 0.4초",
        "live": "한 걸음씩 실행 중",
        "replay": "다시 보기",
    },
}


def say(lang: str, key: str, **values: str) -> str:
    """The text for `key` in this language. Raises KeyError for a key that is none."""
    return WORDS.get(lang, WORDS["en"])[key].format(**values)
