"""The administration door: revisions, streams, people and the admin API."""
