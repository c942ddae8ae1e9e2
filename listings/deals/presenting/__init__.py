"""What the page of a deal shows, read once and said to whoever looks."""
