"""How it is told: pages made from what was recorded."""
