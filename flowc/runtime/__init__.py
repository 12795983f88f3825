"""What a task runs: the shim, positions, the store, and the API that flows are written against.

Standard library only, Python 3.9 or later. Import the submodules; this package holds no names.
"""
