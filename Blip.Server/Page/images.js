// How images come in: chosen, dropped, pasted, taken by a camera; and which one is looked at.

const byId = id => document.getElementById(id);
const images = [];
let current = null;
let whenShown = () => {};

export const shown = () => current;

/** Watches every way in. */
export function watch(onShown) {
  whenShown = onShown;
  for (const input of [byId("files"), byId("camera")]) {
    input.addEventListener("change", () => {
      add([...input.files]);
      input.value = "";
    });
  }
  const intake = byId("intake");
  document.addEventListener("paste", event => add([...(event.clipboardData?.files ?? [])]));
  document.addEventListener("dragover", event => {
    event.preventDefault();
    intake.classList.add("over");
  });
  document.addEventListener("dragleave", event => {
    if (!event.relatedTarget)
      intake.classList.remove("over");
  });
  document.addEventListener("drop", event => {
    event.preventDefault();
    intake.classList.remove("over");
    add([...(event.dataTransfer?.files ?? [])]);
  });
}

/** Adds images to the row, and shows the first of them. */
export function add(files) {
  const added = files.map(file => ({ file, url: URL.createObjectURL(file), talk: [], ranks: null, caption: null, trouble: null }));
  for (const image of added) {
    image.button = thumbnail(image);
    const item = document.createElement("li");
    item.append(image.button);
    byId("strip").append(item);
  }
  images.push(...added);
  if (added.length > 0)
    show(added[0]);
}

function thumbnail(image) {
  const button = document.createElement("button");
  button.type = "button";
  const picture = document.createElement("img");
  picture.src = image.url;
  picture.alt = image.file.name || "pasted image";
  // Damaged, or of a kind that browsers do not know: its name stands for it.
  picture.addEventListener("error", () => {
    const name = document.createElement("span");
    name.textContent = picture.alt;
    picture.replaceWith(name);
  });
  button.append(picture);
  button.addEventListener("click", () => show(image));
  return button;
}

function show(image) {
  current = image;
  for (const other of images)
    other.button.setAttribute("aria-current", String(other === image));
  image.button.scrollIntoView({ block: "nearest", inline: "nearest" });
  whenShown(image);
}
