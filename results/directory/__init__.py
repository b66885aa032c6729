"""The results directory: parts that survive, and the tables made of them."""
