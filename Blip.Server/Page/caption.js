// An image's caption, word by word, and where the model looked for each word.

import { post, stream } from "./api.js";
import { shown } from "./images.js";

const small = 320;
const byId = id => document.getElementById(id);
let served = true;

/** Whether the server has a model that writes captions. */
export function serveCaptions(can) {
  served = can;
}

// An icon's worth of pixels is shown larger, so that heat can be seen on it.
byId("image").addEventListener("load", ({ target }) => {
  target.classList.toggle("small", Math.max(target.naturalWidth, target.naturalHeight) < small);
  canShow(true);
});
byId("image").addEventListener("error", () => canShow(false));

/** Shows an image and its caption; asks for it the first time. */
export async function showCaption(image) {
  byId("work").hidden = false;
  byId("image").src = image.url;
  byId("image").alt = image.caption ?? image.file.name;
  cool();
  trouble(image.asking ? null : image.trouble);
  if (image.caption !== null)
    return words(image);
  if (!served) {
    plain("", false);
    byId("caption-hint").textContent = "This server has no model that writes captions.";
    return;
  }
  plain("", true);
  if (image.asking)
    return;
  image.asking = true;
  image.trouble = null;
  let said = "";
  try {
    await stream("caption", {}, image.file, (name, data) => {
      if (name === "words") {
        said += data.text;
        if (shown() === image)
          plain(said, true);
      } else {
        image.caption = data.caption;
      }
    });
  } catch (error) {
    image.trouble = error.message;
  }
  image.asking = false;
  if (shown() !== image)
    return;
  trouble(image.trouble);
  if (image.caption === null)
    return plain(said, false);
  byId("image").alt = image.caption;
  words(image);
}

// The server reads kinds of files that browsers do not show.
function canShow(can) {
  byId("stage").hidden = !can;
  byId("not-shown").hidden = can;
  byId("not-shown").textContent = can ? "" : `This browser cannot show ${shown().file.name || "the image"}.`;
}

function plain(text, busy) {
  const caption = byId("caption");
  caption.textContent = text;
  caption.classList.toggle("busy", busy);
  // A screen reader hears the sentence once it is whole.
  caption.setAttribute("aria-busy", String(busy));
  byId("caption-hint").textContent = "";
}

function words(image) {
  plain("", false);
  for (const [place, word] of image.caption.split(" ").entries()) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = word;
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => look(image, button, place));
    byId("caption").append(button, " ");
  }
  byId("caption-hint").textContent = "Touch a word to see where the model looked for it.";
}

async function look(image, button, place) {
  const pressed = button.getAttribute("aria-pressed") === "true";
  cool();
  if (pressed)
    return;
  button.setAttribute("aria-pressed", "true");
  button.classList.add("busy");
  try {
    image.looking ??= post("attention", { format: "png" }, image.file);
    const map = (await image.looking).lines[0].words[place];
    if (shown() !== image || button.getAttribute("aria-pressed") !== "true" || !map)
      return;
    byId("heat").src = map.png;
    byId("heat").hidden = false;
    byId("caption-hint").textContent = `The lighter a place, the more the model looked there for “${map.word}”.`;
  } catch (error) {
    image.looking = null;
    trouble(error.message);
  } finally {
    button.classList.remove("busy");
  }
}

function cool() {
  byId("heat").hidden = true;
  for (const button of byId("caption").querySelectorAll("button"))
    button.setAttribute("aria-pressed", "false");
}

function trouble(message) {
  byId("trouble").hidden = !message;
  byId("trouble").textContent = message ?? "";
}
