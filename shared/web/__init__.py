"""The HTTP border that all services share: strict input, problems, commands, pages, health."""
