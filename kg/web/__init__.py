"""The site: `app.py` draws its map."""
