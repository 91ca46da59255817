"""What of Synapse's own configuration matters for security: each option, and what decides it here."""
