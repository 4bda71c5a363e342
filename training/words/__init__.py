"""The network that reads the words on a screen."""
