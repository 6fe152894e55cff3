"""Groups of statements: one file each, interchangeable."""
