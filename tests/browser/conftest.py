"""One browser for all tests of pages."""

from collections.abc import Iterator

import pytest

from tests.browser.browser import Browser, browser_running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browser_running() as browser:
        yield browser


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """As it is at the start: a wide screen, light, and nothing told."""
    chromium.look(1400, 900)
    chromium.problems()
    chromium.requested()
    return chromium
