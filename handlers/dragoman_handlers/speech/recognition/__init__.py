"""From a recording to its text: decoded, heard window by window, and put together."""
