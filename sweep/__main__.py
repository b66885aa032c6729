"""Entry of ``python -m sweep`` and of the console script ``sweep``."""

import sys


def main() -> None:
    """Run the command line and exit with its status."""
    from sweep.streams import Output

    output = Output()
    from sweep.commands.command_line import command_line

    sys.exit(output.end(command_line()))


if __name__ == "__main__":
    main()
