"""How good the warnings are, measured on public data beside fixed rules: `make evaluate DATA_DIR=...`."""
