"""Entry points, one folder a function: parse, one use case, render."""
