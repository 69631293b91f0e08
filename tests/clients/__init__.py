"""The clients that people use, against the real `kg serve`."""
