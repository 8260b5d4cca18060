"""Finds personal data and secrets in texts, and puts the kind of each in its place, such as `‹email›`.

Pure functions over texts and JSON values, in time that is linear in their length. The collector masks with them before
it writes, and `ml.privacy` before a text leaves the machine.
"""
