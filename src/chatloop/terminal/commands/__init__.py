"""The commands of `chatloop` that have a group of their own, registered in cli.py."""
