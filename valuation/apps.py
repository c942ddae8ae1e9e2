"""What a right is worth: methods anyone can recompute, estimates with their reasons, appraisal orders and reports."""

from django.apps import AppConfig


class ValuationConfig(AppConfig):
    name = "valuation"
    label = "valuation"

    def ready(self) -> None:
        """Make lifecycles, subscribers, pages and registries of appraisals known."""
        from valuation.appraisals import access, contributions, invariants, notices, reactions  # noqa: F401
        from valuation.appraisals.graphs import order, report  # noqa: F401
        from valuation.appraisals.papers import report as paper

        notices.announce_all()
        contributions.contribute()
        paper.register_template()
