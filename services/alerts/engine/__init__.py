"""The one order in which customers are judged: facts of all topics, control items and timers as one sequence a part."""
