"""Online: a snapshot to related articles, over HTTP."""
