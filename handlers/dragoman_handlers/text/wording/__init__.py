"""The words of an answer: phrase books, candidates and their score, letter case, numbers, conventions."""
