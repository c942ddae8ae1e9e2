"""The indicative estimate: what the register knows of a patent, beside what patents were sold for on this market."""
