"""Stand-alone scripts: what a finding shows, with nothing but the framework."""
