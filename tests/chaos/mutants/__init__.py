"""Seeded bugs: each is put into a copy of the code, and the layer of tests that should find it is run there.

A test that cannot fail proves nothing; this shows that they can.
"""
