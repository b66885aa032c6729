"""An SVG that says what it shows to those who do not see it, and whose names are valid."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import numpy as np

from results.labels import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend


def described(figure: Figure, svg: bytes) -> bytes:
    """Add a title and a description to a figure's SVG, for what reads it aloud."""
    title, description = title_of(figure), description_of(figure)
    name = sha256(f"{title}\n{description}".encode()).hexdigest()[:8]
    text = re.sub(r"<!DOCTYPE[^>]*>\s*", "", svg.decode(), count=1)  # it knows no role
    head, rest = text.split("<svg ", 1)
    attributes, rest = rest.split(">", 1)
    role = f'role="img" aria-labelledby="title-{name} desc-{name}"'
    told = f'<title id="title-{name}">{escape(title)}</title>\n'
    told += f'<desc id="desc-{name}">{escape(description)}</desc>'
    return f"{head}<svg {role} {attributes}>\n{told}{rest}".encode()


@contextmanager
def valid_names(figure: Figure) -> Iterator[None]:
    """Give what has a name one that no other has, and that XML allows, as long as it is drawn."""
    named = [artist for artist in figure.findobj() if artist.get_gid()]
    names = [str(artist.get_gid()) for artist in named]
    seen: Counter[str] = Counter()
    for artist, name in zip(named, names, strict=True):
        valid = re.sub(r"[^\w.-]+", "-", f"drawn-{name}")
        seen[valid] += 1
        artist.set_gid(valid if seen[valid] == 1 else f"{valid}-{seen[valid]}")
    try:
        yield
    finally:
        for artist, name in zip(named, names, strict=True):
            artist.set_gid(name)


def title_of(figure: Figure) -> str:
    """Return what a figure is called, in a line: what stands over it, or over each of its parts."""
    titles = figure.get_suptitle() or "; ".join(
        filter(None, (ax.get_title() for ax in figure.axes))
    )
    return _in_a_line(titles or "a picture")


def description_of(figure: Figure) -> str:
    """Say what lies along the axes, in which range colours are, and what the legends say, once."""
    told = [text for ax in figure.axes for text in _of_axes(ax)]
    legends = [*(ax.get_legend() for ax in figure.axes), *figure.legends]
    told += dict.fromkeys(text for one in legends if one for text in _of_legend(one))
    told.append(figure.get_supxlabel())
    return ". ".join(filter(None, map(_in_a_line, told))) + "."


def _of_axes(ax: Axes) -> Iterator[str]:
    yield ax.get_title()
    yield " against ".join(filter(None, (ax.get_ylabel(), ax.get_xlabel())))
    for mesh in (*ax.collections, *ax.images):
        if (values := mesh.get_array()) is not None and ax.get_label() != "<colorbar>":
            finite = np.ma.masked_invalid(values).compressed()
            if len(finite):
                yield f"colours for {number(finite.min(), 3)} to {number(finite.max(), 3)}"


def _of_legend(legend: Legend) -> Iterator[str]:
    yield legend.get_title().get_text()
    yield ", ".join(text.get_text() for text in legend.get_texts())


def _in_a_line(text: str) -> str:
    return " ".join(text.replace(r"\$", "$").split())
