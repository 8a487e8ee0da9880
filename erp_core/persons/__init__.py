"""Persons across all rooms: finding one by what they say of themselves, giving them what is held, erasing it."""
