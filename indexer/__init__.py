"""Offline: sources to articles to vectors to a published snapshot."""

import os

from indexer import blas

blas.choose(os.environ)
