"""What is known of requests from outside: the dispatcher tells an observer, and observers keep, count and trace."""
