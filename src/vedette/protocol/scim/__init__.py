"""SCIM 2.0 (RFC 7643, RFC 7644) for a service provider: parsing, filters, changes, answers."""
