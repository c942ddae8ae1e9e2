"""The clauses, each a function of the terms and the language; every text is ours and meant to be read by laymen.

Rules that a clause answers stand with it, so that a test can ask of each kind of contract whether all are there.
"""
