"""Start, recovery, readiness and stop."""
