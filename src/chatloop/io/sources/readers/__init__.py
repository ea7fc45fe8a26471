"""One kind of file each: from bytes to records, one at a time."""
