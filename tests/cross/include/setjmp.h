/* The unit tests include it for cmocka; the one beside this file jumps nowhere, and wasm cannot. */
