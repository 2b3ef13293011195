"""The documentation as a folder of web pages that needs no server and asks no other host for anything."""
