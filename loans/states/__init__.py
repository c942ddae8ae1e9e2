"""Where products, applications, decisions, filings and loans stand, one module for each."""
