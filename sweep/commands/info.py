"""What this installation and machine are, and how every number comes about."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Any

from results.labels import counted
from sweep.commands.printed import print_pairs


def method(as_json: bool) -> int:
    """Tell how every number of a run comes about."""
    text = Path(__file__).with_name("method.md").read_text(encoding="utf-8")
    if as_json:
        print(json_format.dumps({"method": text}))
    else:
        print(text, end="")
    return 0


def info(as_json: bool) -> int:
    """Describe the installation and the machine."""
    from sweep.machine import description

    found = description()
    if as_json:
        print(json_format.dumps(found))
    else:
        gpus, none = found.pop("gpus"), found.pop("no_gpu")
        print_pairs(found | {"gpu": "; ".join(map(_gpu, gpus)) or f"none: {none}"})
    return 0


def _gpu(gpu: dict[str, Any]) -> str:
    memory = f"{gpu['memory_bytes'] / 2**30:.0f} GiB"
    processors = counted(gpu["processors"], "processor")
    return f"{gpu['name']}, {memory}, {processors}, compute capability {gpu['capability']}"
