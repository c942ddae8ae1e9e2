"""Mutation testing: does a test notice when a line of the code is wrong?

    python -m tests.mutation --every 20 rights

Each mutant changes one operator, constant, condition, return, raise or call inside a function. It is tried in a forked
child of a process that has already loaded the product and made the database, so it costs no more than the tests that
reach the changed line. docs/adr/0014-mutation-testing.md says why this is not a library.
"""
