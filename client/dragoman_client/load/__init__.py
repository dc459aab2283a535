"""A load generator: sends a mix of requests in a closed or an open loop, and tells how long the answers took.

    plan -> arrivals -> generator -> line ==sockets== server
                           |
                         tally -> report -> table

In an open loop requests are sent when they are due, whatever became of the earlier ones, and latency is counted from
the time that each was due: a server that stalls for a second has that second in its percentiles for everything that
was due in it. In a closed loop so many are always in flight; then a stall holds requests back, and only those in
flight show it.
"""
