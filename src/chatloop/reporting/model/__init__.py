"""Models in numbers: what each scored and wrote, in parts, and what the gate compares."""
