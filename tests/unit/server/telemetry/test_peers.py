from __future__ import annotations

from dragoman_server.telemetry.peers import Peers


def test_the_busiest_come_first_those_with_work_in_flight_before_all() -> None:
    peers = Peers()
    peers["quiet"].accepted += 1
    peers["loud"].accepted += 5
    peers["loud"].rejected += 2
    peers["working"].accepted += 1
    shown = peers.busiest({"working": 3})
    assert [one["peer"] for one in shown] == ["working", "loud", "quiet"]
    assert (shown[1]["received"], shown[0]["active"]) == (7, 3)


def test_no_more_than_a_thousand_are_known_and_fifty_shown() -> None:
    peers = Peers()
    for number in range(3000):
        peers["regular"].accepted += 1
        peers[f"peer-{number}"].accepted += 1
    shown = peers.busiest({})
    assert len(shown) == 50
    assert (shown[0]["peer"], shown[0]["accepted"]) == ("regular", 3000)
    assert peers["peer-0"].accepted == 0
    assert peers["peer-2999"].accepted == 1
