"""A provider of payments to practise on: the parts of Stripe's HTTP API that the market calls, with a memory.

It answers over HTTP in the API's own shapes, so that the real `stripe` library drives it; it keeps its books, delivers
signed webhooks, and misbehaves on request (`control`). It serves the tests and, while no real key is set, the demo.
Nothing here knows the market: a change of the gateway is tested against what a stranger's server would answer.
"""
