"""The life of one request as its sender sees it. Pure: no sockets, no clock; the time is handed in.

    SENDING --accepted--> WORKING --task_finished--> ENDED
       |  ^                  |  |
       |  +--result_unknown--+  +--task_finished, but events are missing--> CLOSING --> ENDED
       +--refused, or a control answer--> ENDED

SENDING repeats the request, WORKING asks now and then for what may have been lost, CLOSING asks a
few times, for what is replayed may be lost as well. After a lost connection each does so at once.
From any of them a request that is moved to another server goes back to SENDING.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from dragoman_client.errors import ClientError, ServerUnreachable, TimedOut
from dragoman_client.frames import Header, ReceivedEvent
from dragoman_wire.codec import Codec, encode_header
from dragoman_wire.families import FAMILIES

_RETRY_UNSENT_S = 0.05
"""How soon to try again where no server is connected to take the request."""
_CLOSING_POLLS = 5
"""How often a finished task is asked for what is missing of it, ever more slowly."""
_SLOW_LINK_BYTES_PER_S = 4 << 20
"""A large request is not repeated while it may still be on its way."""
ABOUT_TASKS = frozenset({"cancel", "result"})
"""Types of requests about a task of another request."""
_TASK_EVENTS = frozenset({"accepted", "task_finished"})
"""Events of every task that come once, as do those of its family: a second one is a repeat, even with other times."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """Times to wait, in seconds."""

    timeout_s: float = 60.0
    """Without a new event, before giving up."""
    resend_s: float = 1.0
    """Without `accepted`, before the first repeat; doubled for each further one."""
    resend_max_s: float = 5.0
    """The longest wait between two repeats."""
    poll_s: float = 10.0
    """Without an event of an accepted task, before asking for its stored events; doubled for each further time."""
    poll_max_s: float = 60.0
    """The longest wait between two such questions: a server under load is not asked more and more."""

    def __post_init__(self) -> None:
        for name in ("timeout_s", "resend_s", "poll_s"):
            value = getattr(self, name)
            if not value > 0:  # neither is NaN
                raise ValueError(f"{name}: {value!r} is no time to wait; it is above 0")


class Step(Enum):
    """The next step of the owner of a request's state."""

    SEND = auto()
    """Send the request (again), then call `sent`."""
    POLL = auto()
    """Send a `result` request, then call `polled`."""
    WAIT = auto()
    """Wait for an event, so many seconds at most."""
    FINISH = auto()
    """Call `finish`: nothing more will come."""


class _Phase(Enum):
    SENDING = auto()
    WORKING = auto()
    CLOSING = auto()
    ENDED = auto()


class RequestState:
    """Decides when to repeat, when to ask, which events are new, and when it is over.

    Args:
        header: the request.
        patience: how long to wait for what.
        now_s: the time of a monotonic clock; so is every other `now_s`.
        server: where requests go, for sentences.
        size_bytes: of all frames of the request.
    """

    def __init__(self, header: Header, patience: Patience, now_s: float, *, server: str, size_bytes: int = 0) -> None:
        self.kind = str(FAMILIES.canonical_type(header))
        self._family = FAMILIES.find(self.kind)
        self.task_id: str = header["taskId"]
        languages = header.get("targetLanguages")
        self._languages = set(languages) if isinstance(languages, list) else set()
        self._server = server
        self._patience = patience
        self._travel_s = size_bytes / _SLOW_LINK_BYTES_PER_S
        self._phase = _Phase.SENDING
        self._next_s = now_s
        self._resend_s = patience.resend_s
        self._last_s = now_s
        self._last_type: str | None = None
        self._ever_sent = False
        self._unanswered = 0
        self._refused: set[str] = set()
        self._seen: set[object] = set()
        self._counted = 0
        self._held: ReceivedEvent | None = None
        self._closing_polls = 0
        self._poll_s = patience.poll_s

    @property
    def control_answer(self) -> str | None:
        """Return the type of the one event that answers a control request; None for tasks and for `result`."""
        return next(iter(self._family.events), None) if self._family.control else None

    @property
    def ended(self) -> bool:
        """Return whether nothing more will come."""
        return self._phase is _Phase.ENDED

    @property
    def asks_about_task(self) -> bool:
        """Return whether the request is about a task of another request, which one server may have."""
        return self.kind in ABOUT_TASKS

    @property
    def accepted(self) -> bool:
        """Return whether a server has the task."""
        return self._phase in (_Phase.WORKING, _Phase.CLOSING)

    @property
    def in_doubt(self) -> bool:
        """Return whether the server has left a repeat of the request, or a question, without an answer."""
        return self._unanswered > 1

    def due(self, now_s: float) -> tuple[Step, float]:
        """Return the next step; for WAIT with the seconds to wait.

        Raises:
            TimedOut: there was no new event for `timeout_s`.
            ServerUnreachable: the same, and no server ever took the request.
        """
        gives_up_s = self._last_s + self._patience.timeout_s
        if self._phase is _Phase.CLOSING and self._closing_polls:
            asked_enough = self._closing_polls >= _CLOSING_POLLS and now_s >= self._next_s
            if asked_enough or now_s >= gives_up_s:
                return Step.FINISH, 0.0
        if now_s >= gives_up_s:
            raise self._silence()
        if now_s < self._next_s:
            return Step.WAIT, min(self._next_s, gives_up_s) - now_s
        return (Step.SEND if self._phase is _Phase.SENDING else Step.POLL), 0.0

    def resumed(self, now_s: float) -> None:
        """Start the measurement of silence anew: the caller had an event in its hands meanwhile."""
        self._last_s = now_s

    def reconnected(self, now_s: float) -> None:
        """Note that the connection was cut and is there again: what was on its way, either way, may be lost."""
        self._next_s = now_s
        self._resend_s = self._patience.resend_s
        self._closing_polls = 0

    def moved(self, now_s: float, *, server: str) -> None:
        """Note that the request goes to another server, which knows nothing of it: it is to be sent at once."""
        self._server = server
        self._phase, self._held = _Phase.SENDING, None
        self._closing_polls = self._unanswered = 0
        self._refused.clear()
        self._resend_s, self._poll_s, self._next_s = self._patience.resend_s, self._patience.poll_s, now_s

    def sent(self, now_s: float, *, taken: bool) -> None:
        """Note that the request was handed to the transport, or that no server was connected to take it."""
        if not taken:
            self._next_s = now_s + min(_RETRY_UNSENT_S, self._resend_s)
            return
        self._ever_sent = True
        self._unanswered += 1
        self._next_s = now_s + self._resend_s + self._travel_s
        self._resend_s = min(self._resend_s * 2, max(self._patience.resend_max_s, self._patience.resend_s))

    def polled(self, now_s: float) -> None:
        """Note that a `result` request was sent."""
        self._unanswered += 2  # a task at work may be silent for long, so the first question already is a doubt
        if self._phase is not _Phase.CLOSING:
            self._next_s = now_s + self._poll_s
            self._poll_s = min(self._poll_s * 2, max(self._patience.poll_max_s, self._patience.poll_s))
            return
        wait_s = self._patience.resend_s * 2**self._closing_polls
        self._next_s = now_s + min(wait_s, max(self._patience.resend_max_s, self._patience.resend_s))
        self._closing_polls += 1

    def finish(self) -> ReceivedEvent | None:
        """End without the missing events; return the `task_finished` that was held back for them."""
        self._phase = _Phase.ENDED
        return self._held

    def see(self, event: ReceivedEvent, now_s: float) -> ReceivedEvent | None:
        """Take an event in; return the event to hand on, or None where it is not new."""
        if self.ended or not self._concerns(event):
            return None
        self._unanswered = 0
        if event.type == "result_unknown":
            return self._unknown(event, now_s)
        if event.type == "task_finished":
            return self._finished(event, now_s)
        if event.type == self.control_answer:
            self._phase = _Phase.ENDED
        elif self._phase is _Phase.SENDING:
            self._while_sending(event)
        if not self._is_new(event):
            return None
        self._last_s, self._last_type = now_s, event.type
        if self._phase is _Phase.WORKING:
            self._poll_s = self._patience.poll_s
            self._next_s = now_s + self._poll_s
        return event

    def _concerns(self, event: ReceivedEvent) -> bool:
        """Return whether the event is for this request: a task, its cancellation and its `result` share one id."""
        if event.type == "request_rejected":
            about = event.fields.get("requestType")
            return about == self.kind or (about not in FAMILIES.control_types and self.control_answer is None)
        answer = self.control_answer
        return event.type == answer if answer else event.type not in FAMILIES.control_answers

    def _while_sending(self, event: ReceivedEvent) -> None:
        if event.type == "request_rejected":
            self._phase = _Phase.ENDED
        elif event.type == "accepted" or self.kind == "result":
            self._phase = _Phase.WORKING
        elif event.type == "translation_skipped" or (event.error and self._all_refused(event)):
            self._phase = _Phase.ENDED

    def _all_refused(self, event: ReceivedEvent) -> bool:
        """Return whether nothing more comes: one error, or one for each language in the translation families."""
        if not self._family.per_language or event.language is None:
            return True
        self._refused.add(event.language)
        return self._refused >= self._languages

    def _unknown(self, event: ReceivedEvent, now_s: float) -> ReceivedEvent | None:
        if self.kind == "result" or self._phase is _Phase.CLOSING:
            self._phase = _Phase.ENDED
            return self._held or event
        if self._phase is _Phase.WORKING:
            # The server forgot the task: it was started anew. Repeats are safe, so the request goes out again.
            self._phase = _Phase.SENDING
            self._resend_s, self._next_s = self._patience.resend_s, now_s
        return None

    def _finished(self, event: ReceivedEvent, now_s: float) -> ReceivedEvent | None:
        told = event.fields.get("events")
        short = isinstance(told, int) and self._counted < told
        if short and self._held is None and self.kind != "result":
            self._phase, self._held, self._next_s = _Phase.CLOSING, event, now_s
            return None
        if self._phase is _Phase.CLOSING and short:
            return None  # the same one again; what is missing may follow until the wait is over
        self._phase = _Phase.ENDED
        return event

    def _is_new(self, event: ReceivedEvent) -> bool:
        if event.type == "task_progress":  # neither stored nor counted, so never a repeat
            return True
        key: object = (event.type, event.language)
        if event.type in FAMILIES.pieces:
            key = (event.type, event.language, event.fields.get("index"))
        elif event.type not in _TASK_EVENTS and event.type not in FAMILIES.once:
            key = (event.type, encode_header(event.fields, Codec.MSGPACK))
        if key in self._seen:
            return False
        self._seen.add(key)
        self._counted += event.type != "accepted"
        return True

    def _silence(self) -> ClientError:
        within = f"within {self._patience.timeout_s:g} s"
        what = f"the {self.kind} request {self.task_id}"
        if not self._ever_sent:
            return ServerUnreachable(f"no server at {self._server} took {what} {within}")
        if self._phase is _Phase.SENDING:
            return TimedOut(f"no answer to {what} from {self._server} {within}")
        return TimedOut(f"no event of {what} {within} after `{self._last_type or 'accepted'}`")


def says_unknown(event: ReceivedEvent) -> bool:
    """Return whether a server answers that it does not know the task that it was asked about."""
    return event.type == "result_unknown" or (
        event.type == "cancel_result" and event.fields.get("status") == "unknown"
    )
