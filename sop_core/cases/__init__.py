"""Cases: what a case is, how it moves from open to closed, and when it is due."""
