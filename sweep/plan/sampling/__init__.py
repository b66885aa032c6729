"""Cells drawn from the axes in the place of their grid."""
