"""What Maker's Median and its messages share (spec 09 §9)."""
from .shared import below, eip191, keccak256


def digest_of(value, age, wat):
    return eip191(keccak256(value + age + wat))


def in_range(value, age):
    """The ranges of what is taken."""
    return below(value, 128), below(age, 64)
