"""Settings: what an admin can change without a deployment. The shipped defaults are those of the SOPs."""
