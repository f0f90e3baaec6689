"""Catalogues of the languages other than English. Bring them along with ``python -m app.translations.update``."""
