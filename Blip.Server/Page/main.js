// What the page does with what people do.

import { get, onRefused, useKey } from "./api.js";
import { showCaption } from "./caption.js";
import { shown, watch } from "./images.js";
import { rank, showRanks } from "./matches.js";
import { ask, showTalk } from "./questions.js";
import { searchImage, searchWords } from "./search.js";

const byId = id => document.getElementById(id);

watch({ inputs: [byId("files"), byId("camera")], intake: byId("intake"), strip: byId("strip") }, image => {
  byId("search-image").disabled = false;
  showTalk(image);
  showRanks(image);
  showCaption(image);
});

on("ask", async () => {
  const question = byId("question").value.trim();
  byId("question").value = "";
  if (question)
    await ask(question);
});

on("match", async () => {
  const texts = byId("texts").value.split("\n").map(text => text.trim()).filter(text => text);
  if (texts.length > 0)
    await rank(texts);
});

on("search", () => searchWords(byId("query").value));
byId("search-image").addEventListener("click", searchImage);

on("key", () => {
  useKey(byId("key-input").value);
  byId("key").hidden = true;
  connect();
  const image = shown();
  if (image?.trouble) {
    image.trouble = null;
    showCaption(image);
  }
});

onRefused(() => {
  byId("key").hidden = false;
  byId("key-input").focus();
});

connect();

function on(form, action) {
  byId(form).addEventListener("submit", event => {
    event.preventDefault();
    action();
  });
}

async function connect() {
  try {
    const served = (await get("v1/models")).data.map(model => model.id);
    byId("ask-card").hidden = !served.includes("ask");
    byId("match-card").hidden = byId("search-card").hidden = !served.includes("match");
    byId("state").textContent = "ready";
  } catch (error) {
    byId("state").textContent = error.message;
  }
}
