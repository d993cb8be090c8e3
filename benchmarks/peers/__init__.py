"""Silah beside other systems that find related articles: see ``__main__``."""
