"""What the project promises, the tests that hold each promise, and the page that shows their figures."""
