"""GET /metrics, for Prometheus. Nothing is counted here: the parts' own figures are read when it is asked for.

One file for each subject, with a function `families` that is named in `page.SUBJECTS`. Labels have few values, known
beforehand: peers and task ids are none.
"""
