"""The operations endpoint: HTTP, for curl, probes and dashboards. One file for each subject, with its routes."""

from dragoman_server.ops.figures import Figures
from dragoman_server.ops.health import Health
from dragoman_server.ops.server import Ops
from dragoman_server.ops.tasks import Tasks

__all__ = ["Figures", "Health", "Ops", "Tasks"]
