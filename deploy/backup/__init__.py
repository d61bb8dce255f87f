"""Backup of an installation, its restore into a fresh cluster, and the drill that proves both."""
