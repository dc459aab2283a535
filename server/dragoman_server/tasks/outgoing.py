"""What one turn of reading brings about: it is written together, and then it leaves together."""

from __future__ import annotations

from dragoman_server.tasks.services import Services


class Outgoing:
    """The `Outbox` of the intake. Without it an answer that is written would leave two turns of the loop later.

    Args:
        services: the journal and the publisher.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def hold(self) -> None:
        """Let rows and events gather."""
        self._services.publisher.hold()

    def release(self) -> None:
        """Write what has gathered, and send what is written."""
        try:
            self._services.journal.hand_over()
        finally:
            self._services.publisher.release()
