"""Pages of the signing floor."""
