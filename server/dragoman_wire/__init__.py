"""The wire contract: frames to typed messages and back. Pure: no sockets, no clock, no asyncio."""
