"""What reads a published release, and only that: nothing here decides what a build gives."""
