from collections.abc import Iterator

import pytest

from tests.integration.wordpress_site import CORPUS, Site, running_site


@pytest.fixture(scope="package")
def site() -> Iterator[Site]:
    """A WordPress site with the example corpus. What a test changes, it changes back."""
    with running_site() as site:
        site.add(CORPUS)
        yield site
