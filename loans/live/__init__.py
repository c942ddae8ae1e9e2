"""The face of live loans: who sees them, the steps people take, their pages, their API, what they react to."""
