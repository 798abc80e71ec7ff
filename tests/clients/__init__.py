"""Clients that behave as real programs do, written against the protocol and not against our code."""
