"""What is owed on a loan on any day, as a pure function of its contract and of everything that happened.

    contract.py     what was agreed for servicing: penalty, grace, order of allocation, early repayment
    happenings.py   payments, reversals, early repayments, restructurings, each with its value date
    allocation.py   how a payment divides over what is due
    replay.py       the position on a day, by going through all happenings in order of their value dates
    early.py        early repayment shown both ways before it is made; the sum that ends the debt on a day

Nothing is remembered between two questions, so the order in which happenings became known changes nothing: a payment
entered late simply stands where its value date puts it. Amounts are whole cents.
"""
