"""Figures of the valleys system."""
