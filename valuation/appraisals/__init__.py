"""Appraisal orders and reports: who asks, who works, what is signed, and what becomes of it."""
