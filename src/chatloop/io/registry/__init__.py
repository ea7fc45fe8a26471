"""The registry: versions of a model, which of them is the champion, and how that changes.

The flow pins the champion before the stages run (holding), registers (register) and promotes
(moving) after the gate; the champion stage fetches the files (holding).
"""
