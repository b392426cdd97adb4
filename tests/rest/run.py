#!/usr/bin/env python3
"""Asks a running server everything REST v4 offers and compares the answers with the documentation.

    python3 tests/rest/run.py --rest http://127.0.0.1:PORT --sdkappid N --key K [--admin administrator]

Prints `ok` and `FAIL` lines and ends with `N passed, N failed`; the exit code is 1 if anything failed. Every run uses
names of its own and removes its accounts at the end, so runs do not disturb each other. `--kick-admin` also checks
that a kick revokes the administrator's own signatures, which disturbs every other client of the app for a second.
`--declared` checks only the rights of custom fields, in an app with the settings that `--settings` prints.
"""

import argparse
import sys
import time

import accounts
import contacts
import door
import fields
import group_talk
import groups
import history
import later
import push
import relations
import robots
import sending
import statistics_days
import words
from client import Client, user_sig
from report import Report


class Stage:
    """What the sections share: the client, the report, and the run's own names."""

    def __init__(self, client, report):
        self.client, self.report = client, report
        self.mark = f"{int(time.time() * 1000) % 16**7:07x}"
        self.sequence = 0
        self.made = set()

    def name(self, user):
        """A name of this run."""
        return f"t{self.mark}-{user}"

    def user(self, user):
        """The same, with an account."""
        name = self.name(user)
        if name not in self.made:
            reply = self.client.call("im_open_login_svc/account_import", {"UserID": name})
            if reply.code != 0:
                raise RuntimeError(f"{name} was not imported: {reply}")
            self.made.add(name)
        return name

    def number(self):
        """A number not used before in this run."""
        self.sequence += 1
        return self.sequence


class Settings(argparse.Action):
    """Prints the settings and ends."""

    def __call__(self, parser, *_):
        print("\n".join(f"{name}={value}" for name, value in fields.SETTINGS.items()))
        parser.exit()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settings", action=Settings, nargs=0, help="print the settings for --declared as NAME=VALUE")
    parser.add_argument("--declared", action="store_true")
    parser.add_argument("--rest", required=True, help="the server, such as http://127.0.0.1:9600")
    parser.add_argument("--sdkappid", required=True, type=int)
    parser.add_argument("--key", required=True, help="the app's secret key")
    parser.add_argument("--admin", default="administrator")
    parser.add_argument("--quiet", action="store_true", help="print only what fails")
    parser.add_argument("--kick-admin", action="store_true")
    options = parser.parse_args()
    client = Client(options.rest, options.sdkappid, options.key, options.admin)
    if client.call("im_open_login_svc/account_check").code == 70052:
        # Kicked within this very second, probably by the run before.
        client.sig = user_sig(options.sdkappid, options.key, options.admin, now=int(time.time()) + 2)
    report = Report(verbose=not options.quiet)
    stage = Stage(client, report)
    usual = (door, accounts, sending, history, later, robots, relations, groups, group_talk, contacts, push, words, statistics_days)
    for module in (fields,) if options.declared else usual:
        for section in module.SECTIONS:
            report.section(section, stage)
    if options.kick_admin:
        report.section(accounts.admin_kick, stage)
    report.section(accounts.clean_up, stage)
    report.check(
        f"all {client.replies} replies had the common form",
        not client.violations,
        "\n      ".join(client.violations[:10]),
    )
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
