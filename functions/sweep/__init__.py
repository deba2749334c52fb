"""What was left behind, every minute."""
