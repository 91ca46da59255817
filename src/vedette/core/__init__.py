"""The pure core: rules, facts and decisions. No clock, no chance, no waiting, no I/O."""
