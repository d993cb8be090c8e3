"""``python -m service`` is ``silah-serve``."""

from service.cli import main

if __name__ == "__main__":
    main()
