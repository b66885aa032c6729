"""What makes a Lane, a number with one value for each of several runs: all that speaks LLVM."""
