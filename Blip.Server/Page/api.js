// The server's endpoints, with the key where there is one, and its errors in its own words.

const keyName = "blip-key";
const unreachable = "The server cannot be reached.";
let whenRefused = () => {};

/** Calls back when a request is refused for its key; tells whether it carried one. */
export function onRefused(action) {
  whenRefused = action;
}

/** Keeps a key for the tab. Says why not where no request could carry it. */
export function useKey(key) {
  // Browsers refuse to send other characters in a header, and so do servers.
  if (!/^[\x20-\x7e]+$/.test(key.trim()))
    return "A key has only letters from a to z, digits and signs. Look for other letters or marks in what was typed.";
  sessionStorage.setItem(keyName, key.trim());
  return "";
}

function headers(more) {
  const key = sessionStorage.getItem(keyName);
  return key ? { ...more, Authorization: `Bearer ${key}` } : { ...more };
}

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: headers(options.headers) });
  } catch (error) {
    throw error.name === "AbortError" ? error : new Error(unreachable);
  }
  if (response.ok)
    return response;
  if (response.status === 401) {
    const known = sessionStorage.getItem(keyName) !== null;
    // A refused key is not tried again.
    sessionStorage.removeItem(keyName);
    whenRefused(known);
    throw new Error("This server asks for a key.");
  }
  let detail = `The server answers ${response.status}.`;
  try {
    const problem = await response.json();
    detail = problem.detail ?? problem.error?.message ?? detail;
  } catch {
    // No body that says more.
  }
  throw new Error(detail);
}

/** How the server is: a word in status, and one for each of its models. */
export async function readiness() {
  let response;
  try {
    response = await fetch("readyz", { cache: "no-store" });
  } catch {
    return { status: "unreachable", text: unreachable };
  }
  try {
    return await response.json();
  } catch {
    return { status: "unreachable", text: `The server answers ${response.status}.` };
  }
}

export const get = async path => (await send(path, { method: "GET" })).json();

export const getBlob = async path => (await send(path, { method: "GET" })).blob();

/** Sends an image with fields as a form. */
export async function post(path, fields, image, signal) {
  return (await send(path, { method: "POST", body: form(fields, image), signal })).json();
}

/** The same, for an answer that comes piece by piece: calls back with the name and the data of each event. */
export async function stream(path, fields, image, onEvent, signal) {
  const response = await send(path, { method: "POST", body: form({ ...fields, stream: "true" }, image), signal });
  let rest = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + piece).split("\n\n");
    rest = events.pop();
    for (const event of events)
      read(event, onEvent);
  }
}

function read(event, onEvent) {
  let name = "", data = "";
  for (const line of event.split("\n")) {
    if (line.startsWith("event: "))
      name = line.slice(7);
    else if (line.startsWith("data: "))
      data += line.slice(6);
  }
  const value = JSON.parse(data);
  if (name === "error" || value.error)
    throw new Error(value.detail ?? value.error);
  onEvent(name, value);
}

function form(fields, image) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of [value].flat())
      body.append(name, one);
  }
  if (image)
    body.append("images", image, image.name || "image");
  return body;
}
