"use strict";
// Fields: what is typed and chosen, kept over redraws; the combobox; uploads. Everything is delegated, so new HTML needs no wiring.

const say = (text) => { document.getElementById("announce").textContent = text; };

const post = async (path, body) => {
  const response = await fetch(path, { method: "POST", body: body instanceof FormData ? body : JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
};

const Fields = {
  all: (scope) => [...scope.querySelectorAll(".field:not(.field-overflow)")],

  values(field) {
    switch (field.dataset.kind) {
      case "text": return [field.querySelector("input, textarea").value].filter(Boolean);
      case "radio": case "checkbox": return [...field.querySelectorAll("input:checked")].map((input) => input.value);
      case "combo": return Fields.chosen(field).map((each) => each.value);
      default: return [...field.querySelectorAll(".uploads [data-id]")].map((row) => row.dataset.id);
    }
  },

  // What the app is told: block id -> action id -> values.
  typed(scope) {
    const typed = {};
    for (const field of Fields.all(scope)) {
      (typed[field.dataset.blockId] ||= {})[field.dataset.actionId] = Fields.values(field);
    }
    return typed;
  },

  key: (field) => [field.dataset.blockId, field.dataset.actionId, field.dataset.type].join("\n"),

  // As in Slack: the same block id and action id keep what was typed, a new one starts afresh.
  keep(scope) {
    const kept = new Map();
    for (const field of Fields.all(scope)) {
      const uploads = field.querySelector(".uploads")?.innerHTML;
      const text = field.querySelector(".box")?.value;
      kept.set(Fields.key(field), { values: Fields.values(field), chosen: field.dataset.chosen, uploads, text });
    }
    return kept;
  },

  restore(scope, kept) {
    for (const field of Fields.all(scope)) {
      const old = kept?.get(Fields.key(field));
      if (old) Fields.put(field, old);
      if (field.dataset.kind === "combo") Fields.drawChips(field);
    }
  },

  put(field, old) {
    const box = field.querySelector(".box");
    if (field.dataset.kind === "text") box.value = old.text;
    if (field.dataset.kind === "files") field.querySelector(".uploads").innerHTML = old.uploads;
    if (field.dataset.kind === "combo") { field.dataset.chosen = old.chosen; box.value = old.text; }
    for (const input of field.querySelectorAll("input[type=radio], input[type=checkbox]")) {
      input.checked = old.values.includes(input.value);
    }
  },

  // Where a field stands, in the words of the server.
  place(node) {
    const holder = node.closest("[data-view], [data-ts]");
    const { user, channel } = document.body.dataset;
    return holder.dataset.view ? { user, view: holder.dataset.view } : { user, channel, ts: holder.dataset.ts };
  },

  holder: (node) => node.closest("[data-view], [data-ts]"),

  changed: (field) => field.dispatchEvent(new CustomEvent("field-change", { bubbles: true })),

  chosen: (field) => JSON.parse(field.dataset.chosen || "[]"),

  choose(field, chosen) {
    field.dataset.chosen = JSON.stringify(chosen);
    Fields.drawChips(field);
    Fields.changed(field);
  },

  drawChips(field) {
    if (!field.hasAttribute("data-multi")) return;
    const chips = Fields.chosen(field).map((each) => {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.className = "chip";
      chip.dataset.value = each.value;
      chip.textContent = each.label;
      chip.setAttribute("aria-label", `Remove ${each.label}`);
      return chip;
    });
    field.querySelector(".chips").replaceChildren(...chips);
  },
};

const Combo = {
  asked: 0,
  timer: 0,

  parts: (node) => {
    const field = node.closest(".field-combo");
    return { field, input: field.querySelector("[role=combobox]"), list: field.querySelector("[role=listbox]") };
  },

  options: (list) => [...list.querySelectorAll("[role=option]:not([hidden])")],

  open(field, query) {
    const { input, list } = Combo.parts(field);
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    requestAnimationFrame(() => list.scrollIntoView({ block: "nearest" }));
    if (field.hasAttribute("data-external")) Combo.search(field, query);
    else Combo.filter(field, query);
  },

  close(field) {
    const { input, list } = Combo.parts(field);
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    Combo.asked += 1;
  },

  // Leaving without a choice brings the chosen label back; an emptied box means nothing is chosen.
  settle(field) {
    const { input, list } = Combo.parts(field);
    if (list.hidden) return;
    Combo.close(field);
    const [chosen] = Fields.chosen(field);
    if (field.hasAttribute("data-multi")) input.value = "";
    else if (chosen && !input.value) Fields.choose(field, []);
    else input.value = chosen ? chosen.label : "";
  },

  filter(field, query) {
    const { list } = Combo.parts(field);
    const wanted = query.trim().toLowerCase();
    for (const option of list.querySelectorAll("[role=option]")) {
      option.hidden = !option.textContent.toLowerCase().includes(wanted);
    }
    Combo.shown(field);
  },

  search(field, query) {
    const least = Number(field.dataset.least);
    clearTimeout(Combo.timer);
    const turn = ++Combo.asked;
    if (query.trim().length < least) {
      Combo.note(field, least === 1 ? "Type to search" : `Type at least ${least} characters`);
      return;
    }
    Combo.note(field, "Searching…");
    Combo.timer = setTimeout(async () => {
      const { blockId: block, actionId: action } = field.dataset;
      const body = { ...Fields.place(field), block, action, value: query, typed: Fields.typed(Fields.holder(field)) };
      const { html } = await post("/ui/suggest", body).catch(() => ({ html: "" }));
      if (turn !== Combo.asked || !field.isConnected) return;
      Combo.parts(field).list.innerHTML = html;
      Combo.shown(field);
    }, 150);
  },

  note(field, text) {
    const row = document.createElement("li");
    row.className = "none";
    row.setAttribute("role", "presentation");
    row.textContent = text;
    Combo.parts(field).list.replaceChildren(row);
  },

  shown(field) {
    const { input, list } = Combo.parts(field);
    const values = Fields.values(field);
    list.querySelector(".none")?.remove();
    const options = Combo.options(list);
    options.forEach((option, at) => {
      option.id = `${list.id}-${at}`;
      option.setAttribute("aria-selected", String(values.includes(option.dataset.value)));
    });
    if (options.length) Combo.activate(field, options.find((each) => values.includes(each.dataset.value)) || options[0]);
    else {
      input.removeAttribute("aria-activedescendant");
      const row = document.createElement("li");
      row.className = "none";
      row.textContent = "No results found";
      list.append(row);
    }
    say(options.length === 1 ? "1 result" : `${options.length} results`);
  },

  activate(field, option, { scroll = true } = {}) {
    const { input, list } = Combo.parts(field);
    for (const each of Combo.options(list)) each.classList.toggle("active", each === option);
    input.setAttribute("aria-activedescendant", option.id);
    if (scroll) option.scrollIntoView({ block: "nearest" });
  },

  pick(field, option) {
    const { input } = Combo.parts(field);
    const picked = { value: option.dataset.value, label: option.dataset.label };
    const before = Fields.chosen(field);
    Combo.close(field);
    if (!field.hasAttribute("data-multi")) {
      input.value = picked.label;
      Fields.choose(field, [picked]);
      return;
    }
    input.value = "";
    const others = before.filter((each) => each.value !== picked.value);
    const most = Number(field.dataset.most || Infinity);
    if (others.length < before.length) Fields.choose(field, others);
    else if (before.length < most) Fields.choose(field, [...before, picked]);
  },

  key(event) {
    const { field, input, list } = Combo.parts(event.target);
    const options = list.hidden ? [] : Combo.options(list);
    const at = options.findIndex((each) => each.classList.contains("active"));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (list.hidden) Combo.open(field, "");
      else if (options.length) Combo.activate(field, options[(at + step + options.length) % options.length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (options[at]) Combo.pick(field, options[at]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      input.value = input.value || " ";
      Combo.settle(field);
    } else if (event.key === "Backspace" && !input.value && field.hasAttribute("data-multi")) {
      Fields.choose(field, Fields.chosen(field).slice(0, -1));
    }
  },
};

const Uploads = {
  async add(input) {
    const field = input.closest(".field-files");
    const list = field.querySelector(".uploads");
    for (const file of input.files) {
      if (list.children.length >= Number(field.dataset.max)) list.firstElementChild.remove();
      const row = document.createElement("li");
      row.textContent = `${file.name} · uploading…`;
      list.append(row);
      await Uploads.send(file, row);
    }
    input.value = "";
    Fields.changed(field);
  },

  async send(file, row) {
    const form = new FormData();
    form.append("user", document.body.dataset.user);
    form.append("file", file);
    const answer = await post("/ui/upload", form).catch(() => ({ problem: `${file.name} could not be uploaded.` }));
    if (answer.problem) {
      row.textContent = answer.problem;
      row.className = "failed";
      return;
    }
    row.dataset.id = answer.id;
    row.textContent = `${answer.name} · ${Math.max(1, Math.round(answer.size / 1024))} KB`;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "icon";
    remove.dataset.removeUpload = "";
    remove.textContent = "✕";
    remove.setAttribute("aria-label", `Remove ${answer.name}`);
    row.append(remove);
    say(`${answer.name} uploaded`);
  },
};

const inCombo = (event) => event.target.matches?.(".field-combo [role=combobox]");

document.addEventListener("mousedown", (event) => {
  const option = event.target.closest(".field-combo [role=option]");
  if (option) { event.preventDefault(); Combo.pick(option.closest(".field"), option); }
  else if (event.target.closest(".listbox")) event.preventDefault();
  else if (inCombo(event)) {
    const { field, list } = Combo.parts(event.target);
    if (list.hidden) Combo.open(field, "");
  }
});
document.addEventListener("mouseover", (event) => {
  const option = event.target.closest(".field-combo [role=option]");
  if (option) Combo.activate(option.closest(".field"), option, { scroll: false });
});
document.addEventListener("input", (event) => {
  if (inCombo(event)) Combo.open(event.target.closest(".field"), event.target.value);
});
document.addEventListener("keydown", (event) => { if (inCombo(event)) Combo.key(event); }, true);
document.addEventListener("focusout", (event) => { if (inCombo(event)) Combo.settle(event.target.closest(".field")); });
document.addEventListener("change", (event) => {
  if (event.target.type === "file") Uploads.add(event.target);
  else if (event.target.matches(".field-radio input, .field-checkbox input, .field-text input:not([type=text], [type=email], [type=url])")) {
    Fields.changed(event.target.closest(".field"));
  }
});
document.addEventListener("click", (event) => {
  const chip = event.target.closest(".chip");
  if (chip) {
    const field = chip.closest(".field");
    Fields.choose(field, Fields.chosen(field).filter((each) => each.value !== chip.dataset.value));
    Combo.parts(field).input.focus();
  }
  const removed = event.target.closest("[data-remove-upload]");
  if (removed) { const field = removed.closest(".field"); removed.closest("li").remove(); Fields.changed(field); }
});
