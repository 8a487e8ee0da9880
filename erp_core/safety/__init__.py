"""What keeps the company's data safe: backups, restoring them, upgrades that back up first."""
