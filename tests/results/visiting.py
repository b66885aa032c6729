"""A report as a browser shows it: what a test opens, chooses and reads there."""

from __future__ import annotations

import json

import numpy as np
import pytest

sync_api = pytest.importorskip("playwright.sync_api")

#: Only a browser that hangs takes so long, however busy the machine, in milliseconds.
LONG = 120_000

sync_api.expect.set_options(timeout=LONG)
expect = sync_api.expect  # and not `wait_for_function`: the page's policy forbids `eval`


class Visit:
    """A page in a window of its own; notes each complaint and each request."""

    def __init__(self, browser, path, width=1200, colours="light", script=True, ready=True):
        self.complaints, self.requests = [], []
        self._window = browser.new_context(
            viewport={"width": width, "height": 900},
            is_mobile=width < 600,
            color_scheme=colours,
            java_script_enabled=script,
        )
        self._window.set_default_timeout(LONG)
        self._window.on("console", self._note)  # the browser's own words too: refusals, failures
        self._window.on("weberror", lambda thrown: self.complaints.append(str(thrown.error)))
        self._window.on("request", lambda request: self.requests.append(request.url))
        self.page = self._window.new_page()
        self.page.goto(path.as_uri())
        if script and ready and self.page.locator("#data").count():
            expect(self.page.locator("body")).to_have_attribute("data-ready", "yes")

    def end(self):
        """Close the window: what it complained of, and what it asked of others."""
        self._window.close()
        own = ("file:", "data:", "blob:")
        return self.complaints, [url for url in self.requests if not url.startswith(own)]

    def _note(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


def pick(page, control, value):
    page.evaluate(
        f"$('{control}').value = {json.dumps(str(value))};"
        f"$('{control}').dispatchEvent(new Event('change', {{bubbles: true}}))"
    )


def colours(page):
    """The map as the browser drew it: places on the colour scale, from 0 to 1, by ``[y, x]``."""
    return numbers(page.evaluate("$('map').data[0].z"))


def drawn(page):
    """The values that the map stands for by ``[y, x]``; its colours are in their order."""
    values = numbers(
        page.evaluate(
            "page.axes[Y].values.map((_, y) => page.axes[X].values.map((_, x) =>"
            " series(metric()).value(moved(moved(state.cell, X, x), Y, y))))"
        )
    )
    shown = colours(page)
    known = np.isfinite(values)
    assert (np.isfinite(shown) == known).all()
    order = np.argsort(values[known], kind="stable")
    assert (np.diff(shown[known][order]) >= 0).all()
    assert not known.any() or (shown[known].min() >= 0 and shown[known].max() <= 1)
    return values


def numbers(rows):
    return np.array([[np.nan if value is None else value for value in row] for row in rows])


def legend(page, chart="map"):
    """What the legend of a picture says."""
    script = f"[...document.querySelectorAll('#{chart} .legendtext')].map((e) => e.textContent)"
    return page.evaluate(script)


def says(page, node):
    return page.evaluate(f"$('{node}').textContent")


def marked(page, name, chart="map"):
    """Where a mark of that name in the legend is, as points of the picture."""
    return page.evaluate(
        f"$('{chart}').data.filter((t) => t.name === {json.dumps(name)} && t.x[0] !== null)"
        ".flatMap((t) => t.x.map((x, i) => [x, t.y[i]]))"
    )


def told(page):
    """The chosen cell's figures."""
    keys = page.evaluate("[...document.querySelectorAll('#details dt')].map((e) => e.textContent)")
    values = page.evaluate(
        "[...document.querySelectorAll('#details dd')].map((e) => e.textContent)"
    )
    return dict(zip(keys, values, strict=True))


def shown_rows(page):
    return page.evaluate(
        "[...document.querySelectorAll('#rows tr')].map((row) =>"
        " [...row.cells].slice(1).map((cell) => cell.textContent))"
    )
