"""How often valuations may be asked for: they cost processor time, so less often than pages of data."""

from marketplace.core.throttles import Members, Strangers


class StrangersValuing(Strangers):
    scope = "valuing"
    rate = "12/min"


class MembersValuing(Members):
    scope = "valuing-signed-in"
    rate = "60/min"
