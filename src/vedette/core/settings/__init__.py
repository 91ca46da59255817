"""The settings document: the whole policy as text, as a model, and what lies between."""
