"""What a right is worth: methods anyone can recompute, estimates with their reasons, appraisal orders and reports."""

from django.apps import AppConfig


class ValuationConfig(AppConfig):
    name = "valuation"
    label = "valuation"

    def ready(self) -> None:
        """Make lifecycles, subscribers, pages and registries of appraisals known."""
        from marketplace.core.demo import chapter
        from valuation.appraisals import access, contributions, demo_data, invariants, notices, reactions  # noqa: F401
        from valuation.appraisals.graphs import order, report  # noqa: F401
        from valuation.appraisals.papers import contract
        from valuation.appraisals.papers import report as paper
        from valuation.estimate import contributions as estimates
        from valuation.estimate import demo_data as past_sales
        from valuation.estimate import reactions as sales  # noqa: F401

        notices.announce_all()
        estimates.contribute()
        contributions.contribute()
        paper.register_template()
        contract.register_template()
        chapter(45, "appraisals", demo_data.load)
        chapter(55, "appraisals under way", demo_data.load_late)
        chapter(56, "sales of before", past_sales.load)
