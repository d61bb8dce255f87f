"""Read models: pure folds of events, written together with the position of the feed in one transaction."""
