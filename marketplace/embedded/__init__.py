"""PostgreSQL and Redis for a machine that has neither, and the processes of the site, run from one command.

Nothing here knows the market: the package could serve another Django site. It imports no other part of the project.
"""
