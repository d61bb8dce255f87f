"""Who may do what: API keys and the principals behind them."""
