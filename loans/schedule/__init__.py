"""Repayment schedules, exact to the cent, from terms to rows.

    terms.py        what a caller may ask, read and checked           (refusals.py: the sentences of every "no")
    calendar.py     the days on which a loan falls due
    conventions.py  what share of a year lies between two days; how a figure is rounded
    rates.py        one exact rate for each row, over one denominator
    amortise.py     the five methods: how each row divides into interest and principal
    entry.py        the one door: terms in, rows and totals out
    amounts.py      equal instalments at a fixed rate without dates, for calculators
    book.py         a whole book at once
    cost.py         the effective annual rate, by which offers are compared

Money is whole numbers of the smallest part of the currency, rates are ratios of whole numbers; a figure is rounded
where the agreement says and nowhere else. docs/adr/0015-schedules.md says how open points are read.
"""
