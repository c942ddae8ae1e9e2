"""Lifecycles of products, applications, decisions, filings and loans, one module for each."""
