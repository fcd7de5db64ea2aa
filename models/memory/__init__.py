"""The parts of the registry: what is in memory, who holds it, how it comes and how it leaves.

    entry      one model's bookkeeping
    claim      a caller's hold on a model
    books      all entries and what they are charged, under one mutex
    room       reservations and evictions
    loads      the load itself, in a thread of its own
    cooldown   failures that are remembered for a while
    counters   what is counted meanwhile
    views      all of it as plain values, for others

``models.registry`` is the door; nothing else imports from here.
"""
