"""The parts of the registry: what is in memory, who holds it, how it comes and how it leaves.

    entry        one model's bookkeeping
    claim        a caller's hold on a model
    books        all entries under one mutex: holds, phases, what leaves
    ledger       one memory: its budget, its line of waiters, the working memory of runs
    room         reservations and evictions
    drains       busy models that make way for a load
    parking      models whose tensors wait in pinned host memory
    activations  tickets for the working memory of runs
    loads        one load from files to ready; builds: the part of it that takes memory
    ladder       what is tried when memory runs out; recovery: for runs
    garbage      what dropped models leave in cycles
    sizes        what models took when they were loaded before
    cooldown     failures that are remembered for a while
    counters     what is counted meanwhile; views: all of it as plain values, for others
    locks        the one lock of the process that models are built under

``models.registry`` is the door; outside of it only types and constants are imported from here.
"""
