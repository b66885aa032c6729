"""Type commands in processes whose streams a shell has redirected; run by test_outputs in one such.

Usage: forked.py FOLDER. The words of each command are in FOLDER/N/words.json, and it works in
FOLDER/N; of its output and error, what is a pipe here becomes FOLDER/N/1 and FOLDER/N/2, and how it
ended FOLDER/N/status. Forking one process that has all imported takes a tenth of starting each, and
each ends as any other does.
"""

import gc
import json
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

# A command imports these when it needs them: here they are imported once, for all commands.
import joblib  # noqa: F401
import matplotlib.backends.backend_agg  # noqa: F401
import pandas  # noqa: F401
import pyarrow.parquet  # noqa: F401
import sklearn.model_selection  # noqa: F401

from sweep.__main__ import main
from sweep.commands import command_line, info, look, pictures  # noqa: F401
from sweep.commands.standing import listing  # noqa: F401
from sweep.training import task  # noqa: F401


def take_what_is_read() -> None:
    """Write into files, each command into its own, what would go where somebody reads."""
    for descriptor in (1, 2):
        with suppress(OSError):  # it is closed
            if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
                file = os.open(str(descriptor), os.O_WRONLY | os.O_CREAT)
                os.dup2(file, descriptor)
                os.close(file)


gc.freeze()  # or each would look at all that was imported once more at its end, and copy it
for folder in sorted(Path(sys.argv[1]).iterdir()):
    child = os.fork()
    if not child:
        os.chdir(folder)
        take_what_is_read()
        sys.argv = ["sweep", *json.loads(Path("words.json").read_text())]
        main()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    (folder / "status").write_text(str(status))
