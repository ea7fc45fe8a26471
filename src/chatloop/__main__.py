"""`python -m chatloop` is `chatloop`."""

from chatloop.cli import main

main()
