"""What `eal-jira doctor` looks at: everything that must be right before a cycle can work. Reads only.

    parts        the list of what is looked at, from the settings
    run          all parts at once, within a bounded time
    address      proxy, name, connection, certificate
    credentials  secrets and where they lie
    expiry       the day on which the tracker's token ends
    database     the store
    teams        guideline files and pages
    webhooks     a genuine and a forged delivery to our own endpoint

What only an adapter can know (identity, permissions, screens) it finds out itself: `Tracker.checks`, `Pages.checks`.
"""
