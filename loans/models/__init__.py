"""Products, applications, credit work, pledges and loans."""

from loans.models.application import Application, Collateral, ConsentGiven, Paper, Request
from loans.models.credit import Check, Declaration, Diligence, Proposal, Score, Scorecard, Vote
from loans.models.disposal import Disposal, LossShare, Recovery
from loans.models.loan import Arrear, Disbursement, Loan, ScheduleRow, ScheduleVersion
from loans.models.payment import Allocation, Charge, Payment
from loans.models.pledge import Correction, PledgeFiling
from loans.models.position import CloseRun, GradingRule, ManualGrade, Position
from loans.models.product import Product, ProductVersion
from loans.models.shortfall import Shortfall
from loans.models.watch import Alarm, Security, SecurityValue

__all__ = [
    "Alarm",
    "Allocation",
    "Application",
    "Arrear",
    "Charge",
    "Check",
    "CloseRun",
    "Collateral",
    "ConsentGiven",
    "Correction",
    "Declaration",
    "Diligence",
    "Disbursement",
    "Disposal",
    "GradingRule",
    "Loan",
    "LossShare",
    "ManualGrade",
    "Paper",
    "Payment",
    "PledgeFiling",
    "Position",
    "Product",
    "ProductVersion",
    "Proposal",
    "Recovery",
    "Request",
    "ScheduleRow",
    "ScheduleVersion",
    "Score",
    "Scorecard",
    "Security",
    "SecurityValue",
    "Shortfall",
    "Vote",
]
