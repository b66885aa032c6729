"""What may be asked: options, their values, and the rules that hold between them."""
