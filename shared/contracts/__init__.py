"""The published language of Regulars: what the services say to each other and to everybody else."""
