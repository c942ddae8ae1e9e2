"""Readers of what offices recorded about rights."""
