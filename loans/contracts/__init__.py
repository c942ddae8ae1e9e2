"""Loan contract and pledge contract: their particulars, what they must hold, their text in both languages."""
