"""Pages of the accounts floor, one module per subject."""
