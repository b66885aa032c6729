"""What runs do with each column of the data; its one-hot inputs are one column."""
