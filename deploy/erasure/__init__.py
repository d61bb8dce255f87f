"""Proving an erasure: a made-up person is planted, found, erased, and looked for in everything that is kept."""
