// What every pack in Node does the same: reads the request, calls the phase, writes the response, ends with the code.
"use strict";
const fs = require("node:fs");

const BAD_REQUEST = 65, TOOLCHAIN_MISSING = 69, UNSUPPORTED = 76, PROJECT_ERROR = 78, NOT_APPLICABLE = 100;

/** Ends the call with an error: an exit code of the protocol, and what `error` of the response holds. */
class Refusal extends Error {
  constructor(exitCode, code, message, hint, { location, candidates } = {}) {
    super(message);
    this.exitCode = exitCode;
    this.error = { code, message, hint, location, candidates };
  }
}

function readRequest() {
  const request = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(fs.readFileSync(0)));
  const { response } = request.io;
  const path = typeof response === "string" ? response : Buffer.from(response.base64, "base64");
  request.app ??= undefined; // null and absent are the same
  return { request, path, major: request.protocol.split(".")[0] };
}

/** `phases`: by name, functions (request, diagnostics) → result; null is "not applicable". */
function serve(phases) {
  let call;
  try {
    call = readRequest();
  } catch (problem) {
    console.error(`this is not a request: ${problem.message}`);
    process.exitCode = BAD_REQUEST;
    return;
  }
  const { request, path, major } = call;
  const answer = { protocol: "1.0", request_id: request.request_id, diagnostics: [] };
  try {
    if (major !== "1" || (request.requires ?? []).length > 0) {
      throw new Refusal(UNSUPPORTED, "protocol_unsupported", "this pack speaks 1.0 and no additions", "a newer pack");
    }
    const phase = process.argv[2];
    if (phase !== request.phase || !Object.hasOwn(phases, phase)) {
      throw new Refusal(BAD_REQUEST, "bad_request", "this pack has no such phase", "see pack.json");
    }
    const result = phases[phase](request, answer.diagnostics);
    process.exitCode = result === null ? NOT_APPLICABLE : 0;
    Object.assign(answer, result === null ? { status: "not_applicable" } : { status: "ok", result });
  } catch (problem) {
    if (!(problem instanceof Refusal)) throw problem;
    process.exitCode = problem.exitCode;
    Object.assign(answer, { status: "error", error: problem.error });
  }
  fs.writeFileSync(path, JSON.stringify(answer, null, 1) + "\n");
}

module.exports = { Refusal, serve, PROJECT_ERROR, TOOLCHAIN_MISSING };
