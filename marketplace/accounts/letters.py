"""Letters this floor sends itself, because their reader may not have an account yet."""

from collections.abc import Sequence

from marketplace.accounts.services.members import send_invitation_letter
from marketplace.core.models import Event
from marketplace.core.relay import subscriber


@subscriber("accounts.invitations", kinds=["invitation.send"], batch=1)
def send_invitations(told: Sequence[Event]) -> None:
    for event in told:
        send_invitation_letter(event.subject_id)
