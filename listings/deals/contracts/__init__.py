"""Model contracts: what goes in, what must not be missing, the clauses by kind, and filling them from a deal."""
