"""``python -m indexer`` is ``silah-index``."""

from indexer.cli import main

if __name__ == "__main__":
    main()
