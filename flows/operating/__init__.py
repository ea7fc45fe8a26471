"""What a run tells: its diary, people, the page of the run; and a quick look at a server."""
