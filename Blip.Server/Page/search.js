// The server's index: by words, or by the image that is shown.

import { getBlob, post } from "./api.js";
import { shown } from "./images.js";

const top = 24;
const gallery = document.getElementById("gallery");
const note = document.getElementById("search-note");
let latest = 0;

/** Looks for words. */
export const searchWords = text => find({ text, top: String(top) }, null);

/** Looks for images like the one that is shown. */
export const searchImage = () => find({ top: String(top) }, shown().file);

async function find(fields, image) {
  const mine = ++latest;
  note.textContent = "searching …";
  try {
    const { hits } = await post("search", fields, image);
    if (mine !== latest)
      return;
    release();
    note.textContent = hits.length === 0 ? "The index holds no image." : `${hits.length} images, the best first`;
    gallery.replaceChildren(...hits.map(tile));
  } catch (error) {
    if (mine !== latest)
      return;
    release();
    gallery.replaceChildren();
    note.textContent = error.message;
  }
}

function release() {
  for (const picture of gallery.querySelectorAll("img"))
    URL.revokeObjectURL(picture.src);
}

function tile(hit) {
  const item = document.createElement("li");
  const figure = document.createElement("figure");
  const picture = document.createElement("img");
  const line = document.createElement("figcaption");
  picture.alt = hit.path;
  line.textContent = `${hit.score.toFixed(3)} · ${hit.path}`;
  figure.append(picture, line);
  item.append(figure);
  getBlob(`search/image?path=${encodeURIComponent(hit.path)}`)
    .then(blob => { picture.src = URL.createObjectURL(blob); })
    .catch(error => { line.textContent += ` (${error.message})`; });
  return item;
}
