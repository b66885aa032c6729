"""Entry of ``python -m sweep`` and of the console script ``sweep``."""

import sys


def main() -> None:
    """Run the command line and exit with its status."""
    from sweep.machine import too_narrow
    from sweep.streams import Output

    output = Output()
    if why := too_narrow():  # before anything is imported that would end the process, or hang
        print(f"sweep: {why}", file=sys.stderr)
        sys.exit(2)
    from sweep.commands.command_line import command_line

    sys.exit(output.end(command_line()))


if __name__ == "__main__":
    main()
