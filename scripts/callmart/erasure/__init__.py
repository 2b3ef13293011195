"""Taking a person out of the raw files, the build's own file and the releases, for good: docs/erasure.md."""
