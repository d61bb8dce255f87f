"""Everything that callers may do, in any order, beside a model of a few dictionaries that says what each answer has to be."""
