"""What a right is worth: methods anyone can recompute, estimates with their reasons, appraisal orders and reports."""

from django.apps import AppConfig


class ValuationConfig(AppConfig):
    name = "valuation"
    label = "valuation"
