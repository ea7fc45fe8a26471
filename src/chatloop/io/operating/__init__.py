"""What the loop keeps of itself on this machine, and what it looks at: small files, quick looks."""
