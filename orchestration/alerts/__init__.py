"""Judge the rules of alerts after each publication and by the clock, and send what is due."""
