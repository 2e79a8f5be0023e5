// Yardsticks.sol compiled by both pipelines, and its calls as bytes.
import { readFileSync } from "node:fs";
import solc from "solc";
import { RESERVES } from "./inputs.mjs";

export const PIPELINES = ["legacy", "via-IR"];
const SOURCE = "Yardsticks.sol";
const ROWS_A_CALL = 16 * RESERVES; // storage of 256 positions costs about 6 M gas

export const solcVersion = solc.version().replace(/\.Emscripten.*/, "");

/** { pipeline: { code, selectors } }; throws with the compiler's errors. */
export function compile() {
    const content = readFileSync(new URL(SOURCE, import.meta.url), "utf8");
    const compiled = {};
    for (const pipeline of PIPELINES) {
        const output = JSON.parse(solc.compile(JSON.stringify({
            language: "Solidity",
            sources: { [SOURCE]: { content } },
            settings: {
                evmVersion: "cancun",
                viaIR: pipeline === "via-IR",
                optimizer: { enabled: true, runs: 1000000 },
                outputSelection: { "*": { "*": ["evm.bytecode.object", "evm.methodIdentifiers"] } },
            },
        })));
        const errors = (output.errors ?? []).filter((e) => e.severity === "error");
        if (errors.length) {
            throw new Error(errors.map((e) => e.formattedMessage).join("\n"));
        }
        const { bytecode, methodIdentifiers } = output.contracts[SOURCE].Yardsticks.evm;
        const selectors = Object.fromEntries(Object.entries(methodIdentifiers)
            .map(([signature, selector]) => [signature.split("(")[0], selector]));
        compiled[pipeline] = { code: "0x" + bytecode.object, selectors };
    }
    return compiled;
}

const word = (value) => BigInt(value).toString(16).padStart(64, "0");

export function callData(selectors, name, values) {
    return "0x" + selectors[name] + values.map(word).join("");
}

/** The transactions that store the tables. */
export function setupCalls(selectors, inputs) {
    const calls = inputs.reserves.map((r, i) => callData(selectors, "setReserve",
        [i, r.price, r.unit, r.income, r.debtIndex, r.threshold]));
    const rows = inputs.positions.flat();
    for (let first = 0; first < rows.length; first += ROWS_A_CALL) {
        const part = rows.slice(first, first + ROWS_A_CALL);
        calls.push(callData(selectors, "setPositions", [first / RESERVES, 64, part.length,
            ...part.flatMap((p) => [p.supplied, p.borrowed])]));
    }
    return calls;
}
