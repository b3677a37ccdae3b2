"""Notes that visitors leave."""
