"""A ``sweep.toml`` that is damaged, or written to do harm: values, texts, files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from tests.hostile.case import LOOKS, PLACES, Case, being, instead, outside

BASE = "unfinished"

#: TOML of values that hardly any key takes.
VALUES = {
    "a boolean": "true",
    "a negative": "-1",
    "a float": "1.5",
    "not a number": "nan",
    "64 bits": "9223372036854775807",
    "5,000 digits": "1" * 5000,
    "a date": "1979-05-27",
    "lists in a list": "[[1], [2, [3]]]",
    "a table": "{a = 1}",
    "no text": '""',
    "a NUL": r'"a\u0000b"',
    "colours": r'"\u001b[31m\u0007"',
    "lines": r'"a\nb\nc"',
    "a megabyte": '"' + "x" * 2**20 + '"',
}
KEYS = (
    "data",
    "hidden",
    "l1",
    "l1_on",
    "seeds",
    "folds",
    "val_fraction",
    "epochs",
    "batch_size",
    "lr",
    "init",
    "history",
    "patience",
    "halving",
    "test",
    "vary",
    "target",
    "loss",
)

#: Lines of TOML that cost much, or reach out.
LINES = {
    "ten million seeds": 'seeds = "0:10000000"',
    "a billion seeds": 'seeds = "0:1000000000"',
    "a list of a million penalties": 'l1 = "0:1:lin1000000"',
    "more penalties than there is memory for": 'l1 = "0:1:lin99999999999"',
    "penalties that were to be found": 'l1 = "auto:log30"',
    "thousands of layers": 'hidden = "' + "1," * 4999 + '1"',
    "a layer as wide as can be": 'hidden = "2000000000,2000000000"',
    "all epochs": "epochs = 2147483647",
    "all epochs, kept": "epochs = 2147483647\nhistory = 1",
    "all folds": "folds = 1000000",
    "more folds": "folds = 2147483647",
    "all outer folds": "folds = 1000000\nouter_folds = 1000000",
    "an axis that no part has": '[vary]\nl1_w1 = "0,1"',
    "an axis of no layer": '[vary]\nl1_w99 = "0,1"',
    "axes without end": "[vary]\n" + "".join(f'l1_w{i} = "0,1"\n' for i in range(1, 2000)),
    "a wide axis": '[vary]\nl1_w1 = "0:1:lin1000000"',
    "a grid of more points than there are numbers": (
        'l1 = "0:1:lin300000"\nl2 = "0:1:lin300000"\nlr = "0.1:1:lin300000"\nseeds = "0:10000000"'
    ),
    "a race of all epochs": 'epochs = 2147483647\nhalving = "1:2"\nseeds = "0:10000000"',
    "a task that was to be found": 'task = "auto"',
    "a loss that was to be found": 'loss = "auto"',
    "a loss of another task": 'loss = "squared"',
    "thousands of targets": "target = [" + ", ".join(f'"t{i}"' for i in range(9999)) + "]",
    "jobs": "jobs = 0",
    "many jobs": "jobs = 100000",
    "a scheduler": 'backend = "dask"\nscheduler = "tcp://127.0.0.1:9"',
    "a ray": 'backend = "ray"\nscheduler = "ray://127.0.0.1:9"',
    "an out": 'out = "../outside"',
    "a key of a megabyte": '"' + "k" * 2**20 + '" = 1',
    "a key of colours": r'"\u001b[31m" = 1',
    "data without end": 'data = "/dev/zero"',
    "data of a terminal": 'data = "/dev/stdin"',
    "data of this process": 'data = "/proc/self/environ"',
    "data elsewhere": 'data = "../outside/secret"',
    "data of the web": 'data = "http://127.0.0.1:9/data.csv"',
    "a share": r'data = "\\\\127.0.0.1\\share\\data.csv"',
    "a folder": 'data = "."',
    "a home": 'data = "~/.ssh/id_rsa"',
    "a test without end": 'test = "/dev/zero"',
    "a test elsewhere": 'test = "../outside/secret"',
}

#: Bytes of a file from which one command is tried, and not several.
LARGE = 10_000_000

#: Whole files.
FILES = {
    "empty": b"",
    "no UTF-8": b'data = "\xff\xfe"\n',
    "UTF-16": 'data = "iris"\n'.encode("utf-16"),
    "zeros": bytes(2**16),
    "20 MB": b"#" * 20_000_000,
    "a comment as large as may be": b"#" * (2**24 - 1),
    "a text as large as may be": b'data = "' + b"x" * (2**24 - 20) + b'"\n',
    "escapes as many as may be": b'data = "' + rb"\u0041" * (2**21) + b'"\n',
    "open quotes": b'data = "iris\n' * 1000,
    "three quotes": b'data = """' + b'"' * 60_000,
    "lists without end": b"l1 = " + b"[" * 30_000,
    "deep lists": b"l1 = " + b"[" * 3000 + b"]" * 3000,
    "deep tables": b"l1 = " + b"{a = " * 3000 + b"1" + b"}" * 3000,
    "names in names": b"a" + b".a" * 20_000 + b" = 1",
    "names in names, quoted": b'"a"' + b'."a"' * 10_000 + b" = 1",
    "sections in sections": b"[a" + b".a" * 20_000 + b"]",
    "many sections": b"".join(b"[a%d]\n" % i for i in range(8000)),
    "arrays of tables": b"[[a]]\n" * 10_000,
    "many keys": b"".join(b"a%d = 1\n" % i for i in range(7000)),
    "keys in one table": b"a = {" + b",".join(b"a%d=1" % i for i in range(7000)) + b"}",
    "a key twice": b'data = "iris"\ndata = "iris"\n',
    "many numbers": b"l1 = [" + b"1," * 30_000 + b"]",
    "digits": b"epochs = " + b"9" * 60_000,
    "hexadecimal": b"epochs = 0x" + b"f" * 60_000,
    "an exponent": b"val_fraction = 1e" + b"9" * 60_000,
    "pickle": b"cos\nsystem\n(S'touch executed'\ntR.",
    "YAML": b'!!python/object/apply:os.system ["touch executed"]',
}


def cases() -> Iterator[tuple[str, Case]]:
    """Yield the cases by name."""
    for key in KEYS:
        for name, value in VALUES.items():
            yield (
                f"sweep.toml, {key} is {name}",
                Case(BASE, saying(f"{key} = {value}"), ("status",)),
            )
    for name, line in LINES.items():
        yield f"sweep.toml, {name}", Case(BASE, saying(line), LOOKS)
    for name, data in FILES.items():
        once = {"commands": ("status",)} if len(data) > LARGE else {}  # it is read for seconds
        yield f"sweep.toml of {name}", Case(BASE, being(data, "sweep.toml"), **once)
    for name, make in _PLACES.items():
        yield f"sweep.toml is {name}", Case(BASE, instead(make, "sweep.toml"), LOOKS)


def saying(lines: str) -> Callable[[Path], None]:
    """Put lines into the file, in place of those that say the same."""

    def damage(directory: Path) -> None:
        path = directory / "sweep.toml"
        keys = {line.partition(" =")[0] for line in lines.split("\n")}
        kept = [
            line for line in path.read_text().split("\n") if line.partition(" =")[0] not in keys
        ]
        # A section has to come last.
        both = [*kept, lines] if lines.startswith("[") else [lines, *kept]
        path.write_text("\n".join(both))

    return damage


_PLACES = {
    **PLACES,
    "a link to no end": lambda path: path.symlink_to("/dev/zero"),
    "a link elsewhere": lambda path: path.symlink_to(outside(path.parent)),
}
