"""The second implementation of Plimsoll, written from the specification alone, slow and plain."""
