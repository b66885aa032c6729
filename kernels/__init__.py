"""The arithmetic: many small networks trained side by side, one in each SIMD lane."""
