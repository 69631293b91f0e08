// A chapter plays in the page's own player; without a script its link opens the recording there.

const player = document.querySelector("audio");

for (const link of document.querySelectorAll("a[data-start]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    player.currentTime = Number(link.dataset.start);
    player.play();
  });
}
