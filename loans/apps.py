"""Pledge loans: products, applications, credit work, registration, servicing, watch, default and disposal."""

from django.apps import AppConfig


class LoansConfig(AppConfig):
    name = "loans"
    label = "loans"
