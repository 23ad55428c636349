"""The words of tables and forms for true and false."""

from __future__ import annotations

_TRUTH_WORDS = {
    True: ("是", "1", "true", "yes", "y", "√", "有"),
    False: ("否", "0", "false", "no", "n", "×", "无"),
}
TRUTHS = {word: truth for truth, words in _TRUTH_WORDS.items() for word in words}
"""Lower-case word -> what it means."""
