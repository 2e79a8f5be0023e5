// Who is measured. Each contender answers run(case, rounds, calls) with the word the last call gave
// and the nanoseconds of processor time of all calls.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { createEVM } from "@ethereumjs/evm";
import { Common, Hardfork, Mainnet } from "@ethereumjs/common";
import { bytesToHex, createAddressFromString, hexToBytes } from "@ethereumjs/util";
import { PIPELINES, callData, setupCalls } from "./solidity.mjs";

const require = createRequire(import.meta.url);
const GAS = 2n ** 48n; // no loop here comes near
const DEPLOY_GAS = "0x1c9c380";
const ANSWER_MS = 120000; // of calls that take a tenth of a second on an idle machine
const children = new Set();

/** At once; for the end of this process, however it comes. */
export function killChildren() {
    for (const child of children) {
        child.kill("SIGKILL");
    }
}

/** The same, and waits until they are gone. */
export async function stopChildren() {
    const ends = [...children].map((child) => child.lost.catch(() => {}));
    killChildren();
    await Promise.all(ends);
}

function start(file, args) {
    const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
    children.add(child);
    child.on("error", () => children.delete(child));
    child.on("exit", () => children.delete(child));
    const reader = createInterface({ input: child.stdout });
    child.lines = reader[Symbol.asyncIterator]();
    child.lost = new Promise((_, reject) => {
        child.on("error", (e) => reject(new Error(`${file}: ${e.message}`)));
        child.on("exit", (code) => reject(new Error(`${file} ended with ${code}`)));
    });
    child.lost.catch(() => {});
    child.stdin.on("error", () => {}); // its end is told by `lost`
    /** What it prints from now on is thrown away: unread it would fill the pipe, and stop it. */
    child.readNoMore = () => {
        reader.close();
        child.stdout.on("data", () => {}).resume();
    };
    child.nextLine = async () => {
        const { value, done } = await Promise.race([child.lines.next(), child.lost]);
        return done ? child.lost : value;
    };
    return child;
}

// ---- the machine and native C: one process, two contenders ------------------------------------

export async function startWorker(file, sources, inputs) {
    const child = start(file, sources);
    const lines = inputs.reserves.map((r, i) =>
        `reserve ${i} ${r.price} ${r.unit} ${r.income} ${r.debtIndex} ${r.threshold}`);
    inputs.positions.forEach((row, account) => row.forEach((p, asset) =>
        lines.push(`position ${account} ${asset} ${p.supplied} ${p.borrowed}`)));
    child.stdin.write(lines.join("\n") + "\n");
    const contender = (name, who) => ({
        name, version: "this tree", pipelines: [""],
        async run(test, rounds, calls) {
            child.stdin.write(`factors ${inputs.factors.join(" ")}\n` +
                `${who} ${test.name} ${rounds} ${calls}\n`);
            const { answer, ns } = JSON.parse(await child.nextLine());
            return { answer: BigInt(answer), ns };
        },
    });
    return [contender("Plimsoll's machine", "machine"), contender("native C", "native")];
}

// ---- EVMs -------------------------------------------------------------------------------------

/** An EVM that deploys and calls; both pipelines' contracts stand beside each other in it. */
async function evmContender(name, version, evm, compiled, inputs) {
    const contracts = {};
    for (const pipeline of PIPELINES) {
        const { code, selectors } = compiled[pipeline];
        const address = await evm.deploy(code);
        for (const data of setupCalls(selectors, inputs)) {
            await evm.send(address, data);
        }
        contracts[pipeline] = { address, selectors };
    }
    return {
        name, version, pipelines: PIPELINES,
        async run(test, rounds, calls, pipeline) {
            const { address, selectors } = contracts[pipeline];
            const data = callData(selectors, test.solidity, test.values(rounds, inputs));
            const before = evm.clock();
            let result;
            for (let i = 0; i < calls; i++) {
                result = await evm.call(address, data);
            }
            return { answer: BigInt(result), ns: evm.since(before) };
        },
    };
}

/** deploy, send and call over JSON-RPC; request(method, parameters) gives the result. */
async function overRpc(request, clock, since) {
    const [from] = await request("eth_accounts", []);
    const send = async (fields) => {
        const hash = await request("eth_sendTransaction", [{ from, gas: DEPLOY_GAS, ...fields }]);
        let receipt = null;
        for (let tries = 0; !receipt && tries < 200; tries++) { // anvil mines after it has answered
            receipt = await request("eth_getTransactionReceipt", [hash]);
            await new Promise((done) => setTimeout(done, receipt ? 0 : 10));
        }
        if (receipt?.status !== "0x1") {
            throw new Error(`transaction ${hash} was not carried out`);
        }
        return receipt;
    };
    const gas = "0x" + GAS.toString(16);
    return {
        clock, since,
        deploy: async (data) => (await send({ data })).contractAddress,
        send: (to, data) => send({ to, data }),
        call: (to, data) => request("eth_call", [{ from, to, data, gas }, "latest"]),
    };
}

const ownClock = {
    clock: () => process.cpuUsage(),
    since: (before) => {
        const used = process.cpuUsage(before);
        return (used.user + used.system) * 1000;
    },
};

/** Nanoseconds that each thread of another process has run. */
function threadTimes(pid) {
    const times = new Map();
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
        try {
            times.set(thread, Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8")
                .split(" ")[0]));
        } catch {
            // a thread that ended meanwhile did not do the work that was waited for
        }
    }
    return times;
}

function processClock(pid) {
    if (!existsSync(`/proc/${pid}/schedstat`)) {
        return { clock: () => process.hrtime.bigint(),
                 since: (before) => Number(process.hrtime.bigint() - before) };
    }
    return {
        clock: () => threadTimes(pid),
        since: (before) => [...threadTimes(pid)]
            .reduce((sum, [thread, ns]) => sum + ns - (before.get(thread) ?? 0), 0),
    };
}

function packageVersion(name) {
    const url = new URL(`node_modules/${name}/package.json`, import.meta.url);
    return JSON.parse(readFileSync(url, "utf8")).version;
}

/** The body of the answer. A connection for each request: none to find closed after a long pause. */
function post(port, body) {
    return new Promise((resolve, reject) => {
        const request = http.request({ host: "127.0.0.1", port, method: "POST", agent: false,
            headers: { "content-type": "application/json", "content-length": body.length } },
        (response) => {
            let text = "";
            response.on("data", (chunk) => text += chunk);
            response.on("end", () => resolve(text));
            response.on("error", reject);
        });
        request.setTimeout(ANSWER_MS, () => request.destroy(new Error("it took too long")));
        request.on("error", (error) =>
            reject(new Error(`anvil does not answer: ${error.message}`)));
        request.end(body);
    });
}

export async function anvil(compiled, inputs) {
    const scope = new URL("node_modules/@foundry-rs/", import.meta.url);
    const platform = existsSync(scope) && readdirSync(scope)
        .find((name) => existsSync(new URL(`${name}/bin/anvil`, scope)));
    if (!platform) {
        throw new Error("no anvil binary for this platform");
    }
    const child = start(new URL(`${platform}/bin/anvil`, scope).pathname, [
        "--host", "127.0.0.1", "--port", "0", "--accounts", "1", "--hardfork", "cancun",
        "--disable-block-gas-limit", "--gas-price", "0", "--block-base-fee-per-gas", "0"]);
    let port;
    while (!port) {
        port = /^Listening on 127\.0\.0\.1:(\d+)/.exec(await child.nextLine())?.[1];
    }
    child.readNoMore();
    let id = 0;
    const request = async (method, params) => {
        const body = JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params });
        const { result, error } = JSON.parse(await Promise.race([post(port, body), child.lost]));
        if (error) {
            throw new Error(`anvil: ${method}: ${error.message}`);
        }
        return result;
    };
    const { clock, since } = processClock(child.pid);
    return evmContender("anvil", packageVersion(`@foundry-rs/${platform}`),
                        await overRpc(request, clock, since), compiled, inputs);
}

export async function edr(compiled, inputs) {
    const library = require("@nomicfoundation/edr");
    const context = new library.EdrContext();
    await context.registerProviderFactory(library.L1_CHAIN_TYPE, library.l1ProviderFactory());
    const key = "0x" + "11".repeat(32);
    const owner = hexToBytes("0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a"); // of that key
    const provider = await context.createProvider(library.L1_CHAIN_TYPE, {
        allowBlocksWithSameTimestamp: true, allowUnlimitedContractSize: false,
        bailOnCallFailure: true, bailOnTransactionFailure: true, chainId: 31337n,
        coinbase: new Uint8Array(20), defaultTransactionGasLimit: 30000000n,
        genesisState: [{ address: owner, balance: 10n ** 24n }],
        hardfork: library.l1HardforkToString(library.SpecId.Cancun),
        initialBaseFeePerGas: 0n, initialParentBeaconBlockRoot: new Uint8Array(32), minGasPrice: 0n,
        mining: { autoMine: true, memPool: { order: library.MineOrdering.Fifo } },
        network: { genesisBlobGas: { gasUsed: 0n, excessGas: 0n }, genesisBlockGasLimit: GAS },
        networkId: 31337n, observability: {}, ownedAccounts: [key], precompileOverrides: [],
        transactionGasCap: false,
    }, { enable: false, decodeConsoleLogInputsCallback: () => [], printLineCallback: () => {} },
    { subscriptionCallback: () => {} }, new library.ContractDecoder());
    let id = 0;
    const request = async (method, params) => {
        const response = await provider.handleRequest(
            JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params }));
        const { result, error } = typeof response.data === "string" ? JSON.parse(response.data)
                                                                     : response.data;
        if (error) {
            throw new Error(`edr: ${method}: ${error.message}`);
        }
        return result;
    };
    return evmContender("Hardhat EDR", packageVersion("@nomicfoundation/edr"),
                        await overRpc(request, ownClock.clock, ownClock.since), compiled, inputs);
}

export async function ethereumjs(compiled, inputs) {
    const common = new Common({ chain: Mainnet, hardfork: Hardfork.Cancun });
    const evm = await createEVM({ common });
    const caller = createAddressFromString("0x" + "22".repeat(20));
    const run = async (fields) => {
        const result = await evm.runCall({ caller, gasLimit: GAS, ...fields });
        if (result.execResult.exceptionError) {
            throw new Error(`ethereumjs: ${result.execResult.exceptionError.error}`);
        }
        return result;
    };
    return evmContender("ethereumjs", packageVersion("@ethereumjs/evm"), {
        ...ownClock,
        deploy: async (code) => (await run({ data: hexToBytes(code) })).createdAddress,
        send: (to, data) => run({ to, data: hexToBytes(data) }),
        call: async (to, data) =>
            bytesToHex((await run({ to, data: hexToBytes(data) })).execResult.returnValue),
    }, compiled, inputs);
}
