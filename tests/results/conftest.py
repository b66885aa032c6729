"""What the tests of the report find: a browser, and a page opened in it."""

import shutil

import pytest

from tests.results.test_report import made


@pytest.fixture(scope="session")
def browser():
    from tests.results.visiting import LONG, sync_api

    if (chromium := shutil.which("chromium")) is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    with (
        sync_api.sync_playwright() as driver,
        driver.chromium.launch(executable_path=chromium, timeout=LONG) as found,
    ):
        yield found


@pytest.fixture
def visit(browser):
    """Open a page, and see at the end that it complained of nothing and asked nobody."""
    from tests.results.visiting import Visit

    visits = []

    def visit_(path, **options):
        visits.append(Visit(browser, path, **options))
        return visits[-1].page

    yield visit_
    for each in visits:
        assert each.end() == ([], [])


@pytest.fixture
def opened(visit, tmp_path):
    """Open the page about a table."""
    return lambda runs, **options: visit(made(tmp_path / "d", runs), **options)
