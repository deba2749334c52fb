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
      const isOpen = field.querySelector(".listbox")?.hidden === false;
      const { chosen, query } = field.dataset;
      kept.set(Fields.key(field), { values: Fields.values(field), chosen, uploads, text, isOpen, query });
    }
    return kept;
  },

  restore(scope, kept) {
    for (const field of Fields.all(scope)) {
      const old = kept?.get(Fields.key(field));
      if (old) Fields.put(field, old);
      if (field.dataset.kind === "combo") Fields.drawChips(field);
      Fields.count(field);
      if (old?.isOpen) Combo.open(field, old.query);
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

  // How much is typed: near the most that the field takes, and before the least that it asks for.
  count(field) {
    const box = field.querySelector("[maxlength]");
    if (!box) return;
    const { minLength: least, maxLength: most, value: { length } } = box;
    const isNear = length >= most - Math.min(100, most / 5);
    const missing = length && least > length ? `${least - length} more` : "";
    const shown = field.querySelector(".count");
    shown.textContent = isNear ? `${length} / ${most}` : missing;
    shown.classList.toggle("full", length >= most);
  },

  changed: (field) => field.dispatchEvent(new CustomEvent("field-change", { bubbles: true })),

  chosen: (field) => JSON.parse(field.dataset.chosen || "[]"),

  choose(field, chosen) {
    field.dataset.chosen = JSON.stringify(chosen);
    Fields.drawChips(field);
    Combo.mark(field);
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

// A list beside its control. It is fixed to the window, so that nothing scrolls or clips it, and stays within the
// modal or channel from left to right; above its control when there is more room.
const Floating = {
  place(control, list, wanted) {
    const box = control.getBoundingClientRect();
    const around = control.closest("dialog, .scroll").getBoundingClientRect();
    const { style } = list;
    style.maxHeight = "";
    style.width = "";
    const wide = Math.min(wanted || Math.max(list.offsetWidth, 200), around.width - 16);
    const left = box.left + wide > around.right - 8 ? box.right - wide : box.left;
    const below = (window.visualViewport?.height || innerHeight) - box.bottom - 12;
    const isUp = list.offsetHeight > below && box.top - 12 > below;
    style.width = `${wide}px`;
    style.left = `${Math.max(left, around.left + 8)}px`;
    style.top = isUp ? "auto" : `${box.bottom + 4}px`;
    style.bottom = isUp ? `${innerHeight - box.top + 4}px` : "auto";
    style.maxHeight = `${Math.min(260, isUp ? box.top - 12 : below)}px`;
  },

  // By hand: scrollIntoView would move what lies around the list, too.
  reveal(list, { offsetTop: top, offsetHeight: high }) {
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + high > list.scrollTop + list.clientHeight) list.scrollTop = top + high - list.clientHeight;
  },

  isInSight(control) {
    const box = control.getBoundingClientRect();
    const around = control.closest(".modal-body, .scroll").getBoundingClientRect();
    return box.bottom > around.top && box.top < around.bottom;
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
    field.dataset.query = query;
    input.setAttribute("aria-expanded", "true");
    if (field.hasAttribute("data-external")) Combo.search(field, query);
    else Combo.filter(field, query);
    Combo.place(field);
  },

  place(field) {
    const { input, list } = Combo.parts(field);
    if (!list.hidden) Floating.place(input, list, Math.max(input.offsetWidth, 300));
  },

  // All open lists, but for the one that stays.
  opened: (except) =>
    [...document.querySelectorAll(".listbox:not([hidden])")].map((list) => list.closest(".field")).filter((each) => each !== except),

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

  filter(field, query, active) {
    const { list } = Combo.parts(field);
    const wanted = query.trim().toLowerCase();
    for (const option of list.querySelectorAll("[role=option]")) {
      option.hidden = !option.textContent.toLowerCase().includes(wanted);
    }
    Combo.shown(field, active);
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
    Combo.place(field);
  },

  // Which options are chosen, and which are one too many.
  mark(field) {
    const values = Fields.values(field);
    const isFull = values.length >= Number(field.dataset.most || Infinity);
    for (const option of Combo.options(Combo.parts(field).list)) {
      const isChosen = values.includes(option.dataset.value);
      option.setAttribute("aria-selected", String(isChosen));
      option.setAttribute("aria-disabled", String(isFull && !isChosen));
    }
  },

  shown(field, active) {
    const { input, list } = Combo.parts(field);
    const values = active ? [active] : Fields.values(field);
    list.querySelector(".none")?.remove();
    const options = Combo.options(list);
    options.forEach((option, at) => { option.id = `${list.id}-${at}`; });
    Combo.mark(field);
    if (options.length) Combo.activate(field, options.find((each) => values.includes(each.dataset.value)) || options[0]);
    else {
      input.removeAttribute("aria-activedescendant");
      const row = document.createElement("li");
      row.className = "none";
      row.textContent = "No results found";
      list.append(row);
    }
    Combo.place(field);
    say(options.length === 1 ? "1 result" : `${options.length} results`);
  },

  activate(field, option, { scroll = true } = {}) {
    const { input, list } = Combo.parts(field);
    for (const each of Combo.options(list)) each.classList.toggle("active", each === option);
    input.setAttribute("aria-activedescendant", option.id);
    if (scroll) Floating.reveal(list, option);
  },

  pick(field, option) {
    const picked = { value: option.dataset.value, label: option.dataset.label };
    if (field.hasAttribute("data-multi")) { Combo.pickAnother(field, option, picked); return; }
    Combo.close(field);
    Combo.parts(field).input.value = picked.label;
    Fields.choose(field, [picked]);
  },

  // As in Slack, a list of several stays open until one leaves it.
  pickAnother(field, option, picked) {
    if (option.getAttribute("aria-disabled") === "true") { say(`No more than ${field.dataset.most} can be chosen`); return; }
    const { input } = Combo.parts(field);
    const before = Fields.chosen(field);
    const others = before.filter((each) => each.value !== picked.value);
    const isNew = others.length === before.length;
    const hadText = input.value.trim();
    input.value = "";
    if (hadText && !field.hasAttribute("data-external")) { field.dataset.query = ""; Combo.filter(field, "", picked.value); }
    else Combo.activate(field, option, { scroll: false });
    Fields.choose(field, isNew ? [...others, picked] : others);
    Combo.place(field);
    say(`${picked.label} ${isNew ? "chosen" : "removed"}`);
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
  sending: new Set(),

  add(field, files) {
    const work = Uploads.each(field, files).finally(() => Uploads.sending.delete(work));
    Uploads.sending.add(work);
  },

  ended: () => Promise.all(Uploads.sending),

  // The last file chosen takes the place of the first in a field; a message says that it takes no more.
  async each(field, files) {
    const list = field.querySelector(".uploads");
    const isMessage = field.matches(".composer");
    for (const file of files) {
      const isFull = list.children.length >= Number(field.dataset.max);
      if (isFull && isMessage) { toast(`A message takes ${field.dataset.max} files.`); break; }
      if (isFull) list.firstElementChild.remove();
      const row = document.createElement("li");
      row.textContent = `${file.name} · uploading…`;
      list.append(row);
      await Uploads.send(file, row, isMessage);
    }
    Fields.changed(field);
  },

  async send(file, row, isMessage) {
    const form = new FormData();
    form.append("user", document.body.dataset.user);
    form.append("file", file);
    if (isMessage) form.append("for", "message");
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
  Combo.opened(event.target.closest(".field-combo")).forEach(Combo.settle);
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
  const counted = event.target.matches?.(".field-text [maxlength]") && event.target;
  if (!counted) return;
  Fields.count(counted.closest(".field"));
  if (counted.value.length >= counted.maxLength) say(`${counted.maxLength} characters are the most`);
});
document.addEventListener("scroll", (event) => {
  if (event.target.matches?.(".listbox")) return;
  for (const field of Combo.opened()) {
    if (Floating.isInSight(Combo.parts(field).input)) Combo.place(field);
    else Combo.settle(field);
  }
}, true);
window.addEventListener("resize", () => Combo.opened().forEach(Combo.place));
document.addEventListener("keydown", (event) => { if (inCombo(event)) Combo.key(event); }, true);
document.addEventListener("focusout", (event) => { if (inCombo(event)) Combo.settle(event.target.closest(".field")); });
document.addEventListener("change", (event) => {
  if (event.target.type === "file") {
    const files = [...event.target.files];
    event.target.value = "";
    Uploads.add(event.target.closest(".field, .composer"), files);
  }
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
  if (removed) { const field = removed.closest(".field, .composer"); removed.closest("li").remove(); Fields.changed(field); }
});
