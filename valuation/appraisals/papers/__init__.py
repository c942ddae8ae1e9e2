"""Appraisal reports as papers: what stands in them, in both languages."""

TEMPLATE = "appraisal.report"
