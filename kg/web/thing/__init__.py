"""The page of a thing, from the facts about it.

values ─► view ─► parts ─► episode, person, scheme, publication, …   (what comes first)
            │        └───► spans, credits, mentions
            ├─► neighbours ─► network, places, structured
incoming ───┘    (what points to the thing)        summary (what the index counts of it)

A module that bears a kind's name goes with `templates/entity/<kind>.html`: its `shown` gives what
that template alone needs.
"""
