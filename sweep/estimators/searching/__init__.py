"""What a search over estimators is made of: its cells, its scores and its choice."""
