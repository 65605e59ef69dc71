"""Behaviours as a learner writes them: what they may do, and that they only ever hurt themselves."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.world import Behaviour, HttpRequest, Reply


class Counter(Behaviour):
    """Counts its requests, takes longer each time, and breaks at the third."""

    def start(self) -> None:
        super().start()
        self.count = 0

    def on_request(self, request: HttpRequest) -> Reply | str:
        self.count += 1
        if self.count == 3:
            raise RuntimeError("out of stock")
        return Reply(200, f"{self.count} from {self.hostname} in {self.env['SHOP']}", latency_s=self.count)


def test_a_behaviour_knows_itself_and_answers(machines: Any) -> None:
    web = machines.run(Counter, env={"SHOP": "seoul"}, ports=(8080,))

    replies = [web.ask(HttpRequest()) for _ in range(2)]

    assert replies == [Reply(200, "1 from pod-u1 in seoul", 1), Reply(200, "2 from pod-u1 in seoul", 2)]
    assert web.listening == {8080}


def test_what_a_behaviour_raises_crashes_its_container_with_the_text(machines: Any) -> None:
    web = machines.run(Counter, env={"SHOP": "seoul"})

    replies = [web.ask(HttpRequest()) for _ in range(4)]

    assert replies[2:] == [None, None]
    assert (web.state, web.exit_code, web.message) == ("EXITED", 1, "RuntimeError: out of stock")
    assert [line for _, line in web.log_lines()] == ["RuntimeError: out of stock"]


@pytest.mark.parametrize("method", ["start", "on_second", "on_sigterm", "on_exec", "on_request"])
def test_no_method_that_raises_stops_the_loop(machines: Any, method: str) -> None:
    def broken(self: Any, *args: Any) -> None:
        raise KeyError("x")

    web = machines.run(type("Broken", (Behaviour,), {method: broken}))
    machines.loop.run_until(machines.loop.now + 2)
    if web.is_running:
        web.ask(HttpRequest())
        web.exec(("true",))
        web.terminate(5)
    machines.loop.run_until(machines.loop.now + 10)

    assert (web.exit_code, web.message) == (1, "KeyError: 'x'")


def test_each_second_is_background_work_and_ends_with_the_process(machines: Any) -> None:
    class Leak(Behaviour):
        def start(self) -> None:
            self.seconds = 0

        def on_second(self) -> None:
            self.seconds += 1
            if self.seconds == 3:
                self.exit(1, "no memory left")

    web = machines.run(Leak)
    machines.loop.settle()
    assert web.is_running

    machines.loop.run_until(machines.loop.now + 60)

    assert (web.behaviour.seconds, web.exit_code, web.message) == (3, 1, "no memory left")


@pytest.mark.parametrize(
    ("answer", "reply", "message"),
    [
        ("hello", Reply(200, "hello"), ""),
        (Reply("404", 1), Reply(404, "1"), ""),  # type: ignore[arg-type]
        (None, None, "TypeError: on_request must return a Reply or a text, not None"),
        (404, None, "TypeError: on_request must return a Reply or a text, not 404"),
    ],
)
def test_a_text_is_an_answer_and_nonsense_is_a_crash(machines: Any, answer: Any, reply: Any, message: str) -> None:
    web = machines.run(type("Odd", (Behaviour,), {"on_request": lambda self, request: answer}))

    assert web.ask(HttpRequest()) == reply
    assert web.message == message


@pytest.mark.parametrize(
    ("act", "code", "message"),
    [
        (lambda self: exit(3), 3, ""),
        (lambda self: exit("bad config"), 1, ""),
        (lambda self: self.exit(300), 44, ""),
        (lambda self: self.exit("x"), 1, "ValueError: invalid literal for int() with base 10: 'x'"),
        (lambda self: self.call_later(-1, print), 1, "ValueError: time only moves forward: -1"),
        (lambda self: self.call_later(float("nan"), print), 1, "ValueError: time only moves forward: nan"),
    ],
)
def test_ways_of_ending_by_mistake_end_the_container_only(machines: Any, act: Any, code: int, message: str) -> None:
    web = machines.run(type("Odd", (Behaviour,), {"start": act}))

    assert (web.exit_code, web.message) == (code, message)


def test_a_behaviour_that_cannot_be_made_is_a_crash(machines: Any) -> None:
    class Demanding(Behaviour):
        def __init__(self, url: str) -> None:
            self.url = url

    web = machines.run(Demanding)

    assert web.exit_code == 1 and "missing 1 required positional argument: 'url'" in web.message


def test_timers_of_a_process_die_with_it(machines: Any) -> None:
    class Later(Behaviour):
        def start(self) -> None:
            self.call_later(5, self.log, "too late")

    web = machines.run(Later)

    web.kill()
    machines.loop.settle()

    assert web.log_lines() == []
