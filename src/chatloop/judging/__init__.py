"""A judge's opinion, made comparable: what it is asked, what its reply says, what that comes to."""
