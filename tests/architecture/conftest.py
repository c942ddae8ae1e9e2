"""What the sweeps over the whole site share."""

from tests.quiet import no_log_of_refusals

__all__ = ["no_log_of_refusals"]
