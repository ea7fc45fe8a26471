"""Processes beside ours: a child that cannot outlive us, a server for as long as it is needed."""
