"""Agencies, rubric scores, appraisal orders, their drafts and reports."""

from valuation.models.agency import Agency, Appraiser
from valuation.models.drafting import Draft, MethodUse, ReviewComment
from valuation.models.estimate import EstimateFit
from valuation.models.order import DataFile, DataRequest, Order, OrderAsset, Quote
from valuation.models.past_sale import PastSale
from valuation.models.report import Objection, Report, ReportAsset, Showing
from valuation.models.rubric import Rubric, Score

__all__ = [
    "Agency",
    "Appraiser",
    "DataFile",
    "DataRequest",
    "Draft",
    "EstimateFit",
    "MethodUse",
    "Objection",
    "Order",
    "OrderAsset",
    "PastSale",
    "Quote",
    "Report",
    "ReportAsset",
    "ReviewComment",
    "Rubric",
    "Score",
    "Showing",
]
