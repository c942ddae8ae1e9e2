"""Pages of the register: what everybody reads, what a holder keeps, how it is brought in."""
