"""`python -m flowc`."""

from flowc.cli.app import main

if __name__ == "__main__":
    main()
