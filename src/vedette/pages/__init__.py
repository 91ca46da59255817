"""What every page for people has in common, whichever process shows it."""
