"""Background entry points of notifications."""

from celery import shared_task

from marketplace.notifications import sending
from marketplace.notifications.webhooks import messages


@shared_task(acks_late=False)
def send_due() -> int:
    """Letters and digests."""
    return sending.send_due()


@shared_task(acks_late=False)
def send_webhooks() -> int:
    """Webhook messages; a task of their own, so that slow receivers hold up no letters."""
    return messages.send_due()
