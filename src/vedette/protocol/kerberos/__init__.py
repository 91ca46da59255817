"""Kerberos as far as its bytes are read here; tickets themselves are judged by the GSS-API library."""
