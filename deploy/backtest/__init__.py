"""Warnings over plain files: what would have been said on which day, by the code that is live."""
