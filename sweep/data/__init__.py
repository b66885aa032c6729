"""From a file, a name or arrays to the samples that one seed and fold train on."""
