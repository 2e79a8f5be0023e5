"""The second implementation of Plimsoll, written from the specification alone, slow and plain.

Read in the order of the chapters: numbers, meanings (01, 03); values, code, validate, machine (02);
hashes, tree, state (04); secp256k1, oracle (05); world, chain, beside (06); tables reads the .def
files. `python3 -m spec.model.replay` replays a history; random_programs, random_code,
random_schema, calculator, corners and damage make what both implementations are compared on.
"""
