"""Make the administrator, and put in place what Superset starts with; runs in Superset's environment.

Standard input: JSON with `files`, the assets by path, and `password`, of an administrator who is missing.
Standard output ends with a line `made` or `kept`: what became of the administrator.
"""

from __future__ import annotations

import json
import sys

from flask import g

from superset.app import create_app

ADMIN = "admin"


def main() -> None:
    """Run `python -m callmart.superset.fill`."""
    given = json.load(sys.stdin)
    with create_app().app_context():
        # Superset's own modules need an app around them to be imported.
        from superset import security_manager
        from superset.commands.importers.v1.assets import ImportAssetsCommand

        admin = security_manager.find_user(ADMIN)
        is_new = admin is None
        if is_new:
            role = security_manager.find_role("Admin")
            admin = security_manager.add_user(
                ADMIN, "callmart", ADMIN, f"{ADMIN}@localhost", role, given["password"]
            )
            if not admin:
                raise SystemExit("The administrator could not be made.")
        g.user = admin
        ImportAssetsCommand(given["files"]).run()
    print("made" if is_new else "kept")


if __name__ == "__main__":
    main()
