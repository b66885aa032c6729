"""What the machine does with kernels in a second: measured, and never part of a result."""
