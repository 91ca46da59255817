"""Vedette: decides what an organisation shares with people it does not fully trust."""
