// The server's endpoints, with the key where there is one, and its errors in its own words.

const keyName = "blip-key";
let whenRefused = () => {};

export function onRefused(action) {
  whenRefused = action;
}

export function useKey(key) {
  sessionStorage.setItem(keyName, key);
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
    throw error.name === "AbortError" ? error : new Error("The server cannot be reached.");
  }
  if (response.ok)
    return response;
  if (response.status === 401)
    whenRefused();
  let detail = `The server answers ${response.status}.`;
  try {
    const problem = await response.json();
    detail = problem.detail ?? problem.error?.message ?? detail;
  } catch {
    // No body that says more.
  }
  throw Object.assign(new Error(detail), { status: response.status });
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
