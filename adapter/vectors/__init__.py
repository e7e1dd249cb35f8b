"""Test vectors: graded inputs for any system, and the check of what a system made of them."""
