// How the server is, asked again and again: models load, and servers end and start again.

import { get, readiness } from "./api.js";

const pause = { ready: 10_000, otherwise: 2_000 };
const locked = "a key is needed";
const state = document.getElementById("state");
let served = null;
let keyNeeded = false;
let before = "";
let timer = 0;
let whenServed = () => {};
let whenReady = () => {};

/** Begins to watch. Calls back with what is served, and each time that the models become ready. */
export function watchServer(onServed, onReady) {
  [whenServed, whenReady] = [onServed, onReady];
  say("connecting …");
  check();
}

/** The server refused a request for its key. */
export function waitForKey() {
  [keyNeeded, served] = [true, null];
  say(locked);
}

/** There is a new key. */
export function tryKey() {
  keyNeeded = false;
  return check();
}

async function check() {
  clearTimeout(timer);
  const { status, models, text } = await readiness();
  let now = status, words = text;
  if (status === "unreachable") {
    served = null;
  } else {
    const trouble = await learn();
    [now, words] = keyNeeded ? ["locked", locked] : trouble ? ["trouble", trouble] : [status, wordsFor(status, models ?? {})];
  }
  say(words);
  if (now === "ready" && before !== "ready")
    whenReady();
  before = now;
  clearTimeout(timer);
  timer = setTimeout(check, now === "ready" ? pause.ready : pause.otherwise);
}

// What is served may be different after each start.
async function learn() {
  if (served !== null || keyNeeded)
    return null;
  try {
    served = await get("v1/models");
    whenServed(served);
    return null;
  } catch (error) {
    return error.message;
  }
}

function wordsFor(status, models) {
  const which = word => Object.keys(models).filter(name => models[name] === word).join(", ");
  switch (status) {
    case "ready": return "ready";
    case "loading": return `loading the models (${which("loading")}) …`;
    case "failed": return `A model could not be loaded (${which("failed")}); the server's log says why.`;
    case "stopping": return "The server is being stopped.";
    default: return `The server says: ${status}.`;
  }
}

// Screen readers speak each change, and nothing where it stays the same.
function say(text) {
  if (state.textContent !== text)
    state.textContent = text;
}
