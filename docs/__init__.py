"""The documentation; its generated pages are made by ``python -m docs.site``."""
