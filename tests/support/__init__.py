"""Servers, the packaged stack and the browser that tests share; the fixtures are in tests/conftest.py."""
