"""Real files with what they truly are, made by the programs and libraries that usually make them."""
