// A button that takes the place of a drawing by one that can be moved: only then is it loaded.

const button = document.querySelector("button[data-script]");
button.hidden = false;
button.addEventListener("click", async () => {
  button.disabled = true;
  await import(button.dataset.script);
  button.hidden = true;
});
