"""The adapters of spec 09, one module each.

read(payload, feed, now) gives a policy.Reading or raises Reject."""
import importlib


def adapter(name):
    """The module of an adapter of formats.def."""
    return importlib.import_module("." + name, __name__)
