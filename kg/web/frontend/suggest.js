// Suggestions under a search field (ARIA combobox with a list box): the field's form works without.

const PAUSE = 90;
let fields = 0;

for (const input of document.querySelectorAll("input[data-suggest]")) combobox(input);

function combobox(input) {
  const id = `suggestions-${(fields += 1)}`;
  const list = Object.assign(document.createElement("ul"), { id, hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.getAttribute("aria-label") ?? input.labels[0].textContent);
  input.closest("form").append(list);
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-controls": id,
    "aria-expanded": "false",
  })) {
    input.setAttribute(name, value);
  }

  let timer, asked, chosen = -1;

  function close() {
    list.hidden = true;
    choose(-1);
    input.setAttribute("aria-expanded", "false");
  }

  function choose(number) {
    chosen = number;
    for (const [index, each] of [...list.children].entries()) {
      each.setAttribute("aria-selected", String(index === chosen));
    }
    if (chosen < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", list.children[chosen].id);
    list.children[chosen].scrollIntoView({ block: "nearest" });
  }

  // From the field (-1) to the options and round again. What is chosen stays, whatever comes later.
  function move(step) {
    clearTimeout(timer);
    asked?.abort();
    const places = list.children.length + 1;
    choose(((chosen + 1 + step + places) % places) - 1);
  }

  async function suggest() {
    const words = input.value.trim();
    asked?.abort();
    if (words.length < 2) return close();
    asked = new AbortController();
    const address = new URL(input.dataset.suggest, location.href);
    address.searchParams.set("q", words);
    address.searchParams.set("lang", document.documentElement.lang);
    try {
      const response = await fetch(address, { signal: asked.signal });
      if (response.ok) show((await response.json()).items);
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  function show(items) {
    list.replaceChildren(...items.map(option));
    choose(-1);
    list.hidden = !items.length;
    input.setAttribute("aria-expanded", String(items.length > 0));
  }

  function option(item, index) {
    const element = document.createElement("li");
    element.id = `${id}-${index}`;
    element.setAttribute("role", "option");
    element.setAttribute("aria-selected", "false");
    element.dataset.href = item.href;
    const name = Object.assign(document.createElement("span"), { textContent: item.label });
    const detail = Object.assign(document.createElement("span"), {
      className: "detail",
      textContent: [item.kind_name, item.detail].filter(Boolean).join(" · "),
    });
    element.append(name, detail);
    element.addEventListener("pointerdown", (event) => event.preventDefault());
    element.addEventListener("click", () => location.assign(item.href));
    return element;
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(suggest, PAUSE);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      close();
      event.preventDefault();
    } else if (event.key === "ArrowDown" && list.hidden) {
      suggest();
      event.preventDefault();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      move(event.key === "ArrowDown" ? 1 : -1);
      event.preventDefault();
    } else if (event.key === "Enter" && chosen >= 0) {
      location.assign(list.children[chosen].dataset.href);
      event.preventDefault();
    }
  });
}
