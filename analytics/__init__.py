"""Calculations on water-quality readings: pure pandas and numpy, no database, no web, no clock."""
