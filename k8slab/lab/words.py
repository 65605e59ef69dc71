"""What the lab's buttons say, in English and in Korean."""

from __future__ import annotations

__all__ = ["say"]

WORDS = {
    "en": {
        "pod": "Pod",
        "machine": "Machine",
        "kill": "Kill pod",
        "cut": "Cut power",
        "restore": "Restore power",
        "step": "One step",
        "run": "Run",
        "no_pods": "no pods",
        "kill_tip": "Delete the chosen pod and watch who reacts",
        "cut_tip": "Switch the chosen machine off, as a power cut does",
        "restore_tip": "Switch the chosen machine on again",
        "step_tip": "Let the next single thing happen",
        "run_tip": "Let virtual time pass",
        "predict": "Your prediction",
        "commit": "Commit",
        "committed": "You said: {choice}. Run the next cell and see.",
        "right": "You said: {choice}. That is what happened.",
        "wrong": "You said: {choice}. What happened: {answer}.",
        "nothing": "No prediction yet: choose one above, then run this cell again.",
        "map": "Map of the course",
        "so far": "{done} of {there} notebooks done ({all} in the whole course).",
        "in preparation": "in preparation",
        "done": "done, {right} of {asked} foreseen",
        "minutes": "about {n} min",
    },
    "ko": {
        "pod": "Pod",
        "machine": "머신",
        "kill": "Pod 죽이기",
        "cut": "전원 끄기",
        "restore": "전원 켜기",
        "step": "한 단계",
        "run": "시간 보내기",
        "no_pods": "Pod 없음",
        "kill_tip": "고른 Pod를 지우고 누가 반응하는지 봅니다",
        "cut_tip": "정전처럼 고른 머신의 전원을 끊습니다",
        "restore_tip": "고른 머신의 전원을 다시 켭니다",
        "step_tip": "다음 일 하나만 일어나게 합니다",
        "run_tip": "가상 시간을 흘려보냅니다",
        "predict": "내 예상",
        "commit": "확정",
        "committed": "예상: {choice}. 다음 셀을 실행해서 확인해 보세요.",
        "right": "예상: {choice}. 실제로 그렇게 되었습니다.",
        "wrong": "예상: {choice}. 실제로는 {answer}.",
        "nothing": "아직 예상하지 않았습니다. 위에서 하나를 고른 뒤 이 셀을 다시 실행하세요.",
        "map": "강의 지도",
        "so far": "노트북 {there}개 가운데 {done}개를 마쳤습니다. (전체 강의는 {all}개)",
        "in preparation": "준비 중",
        "done": "완료, 예상 {asked}개 중 {right}개 적중",
        "minutes": "약 {n}분",
    },
}


def say(lang: str, key: str, **values: str) -> str:
    """The text for `key` in this language. Raises KeyError for a key that is none."""
    return WORDS.get(lang, WORDS["en"])[key].format(**values)
