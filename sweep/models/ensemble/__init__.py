"""Several networks of a sweep as one model: chosen, averaged, told."""
