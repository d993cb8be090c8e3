"""What both sides agree on: the article, the vector, the snapshot on disk."""
