"""The gate: Great Expectations suites derived from a contract, and the Data Docs of what they found.

Importing this package costs nothing: Great Expectations (seconds, hundreds of MB) is loaded by
``expectations._gx`` alone, at the first frame that is judged.
"""
