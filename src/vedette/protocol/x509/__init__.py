"""Certificates that people show: read, judged and named, without any I/O.

`judging.judge` answers whether one is believed, `naming.name_of` whose it is, `revocations` what is
known of those that were taken back and what to fetch to know more, `faults` what each fault means.
"""
