"""Background entry points of notifications."""

from celery import shared_task

from marketplace.notifications import service


@shared_task(acks_late=False)
def send_mail() -> int:
    return service.send_due_mail()
