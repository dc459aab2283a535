"""The sockets: one reader of requests, one owner of the sockets that publish."""
