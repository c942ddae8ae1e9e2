"""Talks before a deal, the deal, and what belongs to it."""

from listings.deals.models.deal import Deal, DealAsset, DealCommission, DealShare
from listings.deals.models.dispute import Dispute, DisputeStatement, RefundAgreement
from listings.deals.models.filing import Filing
from listings.deals.models.negotiation import Message, NdaAcceptance, NdaText, Negotiation
from listings.deals.models.offers import Offer
from listings.deals.models.review import Review
from listings.deals.models.room import RoomFile, RoomGrant
from listings.deals.models.royalty import RoyaltyPeriod
from listings.deals.models.sealed import OpeningApproval, SealedOffer, SealedRound

__all__ = [
    "Deal",
    "DealAsset",
    "DealCommission",
    "DealShare",
    "Dispute",
    "DisputeStatement",
    "Filing",
    "Message",
    "NdaAcceptance",
    "NdaText",
    "Negotiation",
    "Offer",
    "OpeningApproval",
    "RefundAgreement",
    "Review",
    "RoomFile",
    "RoomGrant",
    "RoyaltyPeriod",
    "SealedOffer",
    "SealedRound",
]
