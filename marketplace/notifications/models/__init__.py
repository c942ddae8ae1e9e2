from marketplace.notifications.models.deliveries import Delivery, Digest, Proof
from marketplace.notifications.models.habits import Channel, Frequency, Habits, Preference
from marketplace.notifications.models.handover import Handover, Outcome
from marketplace.notifications.models.webhooks import WebhookAttempt, WebhookEndpoint, WebhookMessage

__all__ = [
    "Channel",
    "Delivery",
    "Digest",
    "Frequency",
    "Habits",
    "Handover",
    "Outcome",
    "Preference",
    "Proof",
    "WebhookAttempt",
    "WebhookEndpoint",
    "WebhookMessage",
]
