"use strict";
// The page: live changes in, what a person does out. Fields are in fields.js.

const { user, channel, thread, told } = document.body.dataset;
const byId = (id) => document.getElementById(id);
const modals = byId("modals");

// Declared in the style sheet the face may come after a message is drawn, and Chromium then now and then keeps the next font
// of the list for good. A face that is added when it is already loaded makes every text choose again.
new FontFace("Desk Emoji", "url(/static/fonts/desk-emoji.woff2)").load().then((face) => document.fonts.add(face));

const html = (text) => {
  const template = document.createElement("template");
  template.innerHTML = text;
  return template.content.firstElementChild;
};

const toast = (text) => {
  byId("toast").textContent = text;
  byId("toast").hidden = !text;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { byId("toast").hidden = true; }, 6000);
};

const busy = async (control, work) => {
  control?.setAttribute("aria-busy", "true");
  try { return await work(); }
  catch { toast("The workspace did not answer. Is it still running?"); return {}; }
  finally { control?.removeAttribute("aria-busy"); }
};

// A press counts although its message or view changes meanwhile: what comes while it lasts is drawn after it.

const Press = {
  isDown: false,
  waiting: [],
  timer: 0,

  whenOver: (draw) => { if (Press.isDown) Press.waiting.push(draw); else draw(); },

  down() { clearTimeout(Press.timer); Press.isDown = true; },

  // The click comes after the release: at once from a mouse, a little later from a finger.
  up: ({ pointerType }) => { clearTimeout(Press.timer); Press.timer = setTimeout(Press.over, pointerType === "touch" ? 80 : 0); },

  over() {
    Press.isDown = false;
    for (const draw of Press.waiting.splice(0)) draw();
  },
};

const isSpaceOnButton = ({ key, target }) => key === " " && target.matches?.("button, .btn");
document.addEventListener("pointerdown", Press.down, true);
for (const end of ["pointerup", "pointercancel", "dragend"]) document.addEventListener(end, Press.up, true);
document.addEventListener("pointermove", (event) => { if (Press.isDown && !event.buttons) Press.up(event); }, true);
document.addEventListener("keydown", (event) => { if (isSpaceOnButton(event)) Press.down(); }, true);
document.addEventListener("keyup", (event) => { if (event.key === " ") Press.up(event); }, true);
window.addEventListener("blur", Press.over);

// Modals

let changes = -1;

const showStack = (stack) => Press.whenOver(() => drawStack(stack));

const drawStack = (stack) => {
  if (!stack || stack.changes < changes) return;
  changes = stack.changes;
  modals.dataset.changes = changes; // what waits for them knows that they are drawn
  const known = new Set(stack.modals.map((modal) => modal.id));
  for (const dialog of [...modals.children]) {
    if (!known.has(dialog.dataset.view)) { dialog.dataset.gone = ""; dialog.close(); dialog.remove(); }
  }
  for (const modal of stack.modals) fill(dialogOf(modal.id), modal);
  const top = modals.lastElementChild;
  for (const dialog of modals.children) if (dialog !== top && dialog.open) { dialog.dataset.under = ""; dialog.close(); }
  if (top && !top.open) { delete top.dataset.under; top.showModal(); focusFirst(top); }
};

const dialogOf = (id) => {
  const known = [...modals.children].find((each) => each.dataset.view === id);
  if (known) return known;
  const dialog = document.createElement("dialog");
  dialog.className = "modal";
  dialog.dataset.view = id;
  modals.append(dialog);
  return dialog;
};

// A selector for the same control after a redraw.
const pathTo = ({ id, name, value, dataset = {} }) => {
  if (id) return `#${CSS.escape(id)}`;
  if (name) return `[name="${CSS.escape(name)}"][value="${CSS.escape(value)}"]`;
  const { blockId, actionId } = dataset;
  return actionId ? `[data-block-id="${CSS.escape(blockId)}"][data-action-id="${CSS.escape(actionId)}"]` : null;
};

const fill = (dialog, modal) => {
  if (dialog.dataset.hash === modal.hash) return;
  const isNew = !dialog.dataset.hash;
  const kept = isNew ? null : Fields.keep(dialog);
  const held = dialog.contains(document.activeElement) ? pathTo(document.activeElement) : null;
  const scrolled = dialog.querySelector(".modal-body")?.scrollTop || 0;
  dialog.dataset.hash = modal.hash;
  dialog.innerHTML = modal.html;
  Fields.restore(dialog, kept);
  const form = dialog.firstElementChild;
  dialog.setAttribute("aria-labelledby", form.dataset.title);
  form.querySelector(".modal-body").scrollTop = scrolled;
  if (isNew) return;
  const same = held && dialog.querySelector(held);
  if (dialog.open) (same || byId(form.dataset.title)).focus({ preventScroll: true });
  say(`${byId(form.dataset.title).textContent} changed`);
};

const focusFirst = (dialog) => {
  const wanted = dialog.querySelector("[autofocus]") || dialog.querySelector(".modal-body .field :is(input, textarea)");
  (wanted || dialog.querySelector("h2")).focus({ preventScroll: true });
};

const closeModal = async (dialog, all) => {
  const answer = await busy(null, () => post("/ui/close", { user, view: dialog.dataset.view, all }));
  showStack(answer.stack);
};

const showErrors = (dialog, errors) => {
  for (const slot of dialog.querySelectorAll("[data-error-for]")) {
    const text = errors[slot.dataset.errorFor] || "";
    slot.textContent = text;
    slot.hidden = !text;
    for (const control of slot.parentElement.querySelectorAll(".box, input[type=file], [role=radiogroup], [role=group]")) {
      if (text) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    }
  }
  const first = dialog.querySelector("[aria-invalid]");
  (first?.matches("input, textarea") ? first : first?.querySelector("input"))?.focus({ preventScroll: true });
  first?.closest(".block").scrollIntoView({ block: "nearest" });
};

const submit = async (dialog) => {
  const button = dialog.querySelector("[type=submit]");
  if (!button || button.disabled || button.hasAttribute("aria-busy")) return;
  const problem = dialog.querySelector(".problem");
  problem.hidden = true;
  const shown = dialog.dataset.hash;
  const answer = await busy(button, async () => {
    // Pressed before a chosen file has arrived, it goes with the file.
    await Uploads.ended();
    return post("/ui/submit", { user, view: dialog.dataset.view, typed: Fields.typed(dialog) });
  });
  showErrors(dialog, answer.errors || {});
  if (answer.problem) { problem.textContent = answer.problem; problem.hidden = false; }
  showStack(answer.stack);
  // What answers a submission is another screen, read from its top.
  if (dialog.dataset.hash !== shown) dialog.querySelector(".modal-body").scrollTop = 0;
};

// Actions: buttons, overflow menus, fields that dispatch

// Where a control stands is noted at once: by the time that it is sent, it may have been redrawn.
const whereabouts = (node) => ({ place: Fields.place(node), holder: Fields.holder(node) });

const act = async (node, { place, holder }, chosen) => {
  const { blockId: block, actionId: action } = node.dataset;
  const body = { ...place, block, action, chosen, typed: Fields.typed(holder) };
  const answer = await busy(node, () => post("/ui/act", body));
  if (answer.problem) toast(answer.problem);
  showStack(answer.stack);
};

const confirmed = (node) => new Promise((resolve) => {
  if (!node.dataset.confirm) { resolve(true); return; }
  const asked = JSON.parse(node.dataset.confirm);
  const dialog = document.createElement("dialog");
  dialog.className = "modal confirm";
  const [title, text, foot] = ["h2", "p", "footer"].map((name) => document.createElement(name));
  title.textContent = asked.title.text;
  text.textContent = asked.text.text;
  for (const [value, label] of [["", asked.deny], ["yes", asked.confirm]]) {
    const button = document.createElement("button");
    button.className = value ? `btn btn-${asked.style || "primary"}` : "btn";
    button.textContent = label.text;
    button.onclick = () => dialog.close(value);
    foot.append(button);
  }
  dialog.append(title, text, foot);
  dialog.onclose = () => { dialog.remove(); resolve(dialog.returnValue === "yes"); };
  document.body.append(dialog);
  dialog.showModal();
});

const closeMenus = (except) => {
  for (const menu of document.querySelectorAll(".menu:not([hidden])")) {
    if (menu === except) continue;
    menu.hidden = true;
    menu.previousElementSibling.setAttribute("aria-expanded", "false");
  }
};

document.addEventListener("scroll", (event) => {
  const menu = document.querySelector(".menu:not([hidden])");
  if (!menu || event.target === menu) return;
  if (Floating.isInSight(menu.previousElementSibling)) Floating.place(menu.previousElementSibling, menu);
  else closeMenus();
}, true);
document.addEventListener("click", async (event) => {
  const opener = event.target.closest(".overflow");
  const menu = opener?.nextElementSibling;
  closeMenus(menu);
  if (menu) {
    menu.hidden = !menu.hidden;
    opener.setAttribute("aria-expanded", String(!menu.hidden));
    if (!menu.hidden) { Floating.place(opener, menu); menu.firstElementChild.focus(); }
    return;
  }
  const item = event.target.closest("[role=menuitem]");
  const button = event.target.closest(".btn[data-action-id]");
  const control = item ? item.closest(".field") : button;
  if (!control || control.hasAttribute("aria-busy")) return;
  const where = whereabouts(control);
  if (!await confirmed(control)) return;
  if (item?.dataset.url) window.open(item.dataset.url, "_blank", "noopener");
  act(control, where, item ? [item.dataset.value] : []);
});

document.addEventListener("field-change", async ({ target: field }) => {
  if (!field.dataset.dispatch?.includes("change")) return;
  const where = whereabouts(field);
  if (await confirmed(field)) act(field, where, Fields.values(field));
});

let typing = 0;
document.addEventListener("input", (event) => {
  const field = event.target.closest(".field-text[data-dispatch~=character]");
  if (!field) return;
  const where = whereabouts(field);
  clearTimeout(typing);
  typing = setTimeout(() => act(field, where, Fields.values(field)), 300);
});

document.addEventListener("keydown", (event) => {
  const field = event.target.closest?.(".field-text[data-dispatch~=enter]");
  if (field && event.key === "Enter" && !event.shiftKey && !event.target.matches("textarea")) {
    event.preventDefault();
    act(field, whereabouts(field), Fields.values(field));
  }
  const menu = event.target.closest?.(".menu");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (menu && step) {
    event.preventDefault();
    const items = [...menu.children];
    items[(items.indexOf(event.target) + step + items.length) % items.length].focus();
  } else if (menu && event.key === "Escape") {
    event.preventDefault();
    closeMenus();
    menu.previousElementSibling.focus();
  }
});

modals.addEventListener("click", (event) => {
  const how = event.target.closest("[data-close]")?.dataset.close;
  if (how) closeModal(event.target.closest("dialog"), how === "all");
});
modals.addEventListener("submit", (event) => { event.preventDefault(); submit(event.target.closest("dialog")); });
modals.addEventListener("cancel", (event) => { event.preventDefault(); closeModal(event.target.closest("dialog"), false); }, true);
modals.addEventListener("close", ({ target }) => {
  if (target.isConnected && !("gone" in target.dataset) && !("under" in target.dataset)) closeModal(target, false);
}, true);

// Composer and slash commands

const commandList = byId("commands");
const commands = commandList ? [...commandList.children] : [];

const suggestCommands = (box) => {
  const typed = box.value;
  const isCommand = /^\/\S*$/.test(typed) && commandList?.parentElement === box.parentElement;
  for (const row of commands) row.hidden = !isCommand || !row.dataset.name.startsWith(typed.toLowerCase());
  const shown = commands.filter((row) => !row.hidden);
  if (commandList) commandList.hidden = !shown.length;
  if (box.hasAttribute("role")) box.setAttribute("aria-expanded", String(shown.length > 0));
  activateCommand(box, shown[0]);
};

const activateCommand = (box, row) => {
  commands.forEach((each, at) => {
    each.id = `command-${at}`;
    each.classList.toggle("active", each === row);
    each.setAttribute("aria-selected", String(each === row));
  });
  if (row) box.setAttribute("aria-activedescendant", row.id);
  else box.removeAttribute("aria-activedescendant");
};

const completeCommand = (box, row) => {
  box.value = `${row.dataset.name} `;
  box.focus();
  suggestCommands(box);
};

const grow = (box) => { box.rows = Math.min(8, box.value.split("\n").length); };

const send = async (form) => {
  const box = form.querySelector("textarea");
  const text = box.value.trim();
  const list = form.querySelector(".uploads");
  const attached = [...list.children].filter((row) => !row.matches(".failed"));
  if (attached.some((row) => !row.dataset.id)) { toast("A file is still being uploaded."); return; }
  // A command takes no files: they stay for the message after it.
  const files = text.startsWith("/") ? [] : attached.map((row) => row.dataset.id);
  if (!text && !files.length) return;
  box.value = "";
  grow(box);
  suggestCommands(box);
  const answer = await busy(form.querySelector(".send"), () => post("/ui/say", { user, channel, text, files, thread: form.dataset.thread }));
  if (!answer.ok) box.value ||= text;
  else if (files.length) list.replaceChildren();
};

document.addEventListener("submit", (event) => {
  if (!event.target.matches(".composer")) return;
  event.preventDefault();
  send(event.target);
});
document.addEventListener("input", (event) => {
  if (event.target.matches(".composer textarea")) { grow(event.target); suggestCommands(event.target); }
});
document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.(".composer textarea") || event.isComposing) return;
  const box = event.target;
  const shown = commandList?.hidden === false ? commands.filter((row) => !row.hidden) : [];
  const at = shown.findIndex((row) => row.classList.contains("active"));
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (shown.length && step) { event.preventDefault(); activateCommand(box, shown[(at + step + shown.length) % shown.length]); }
  else if (shown.length && event.key === "Escape") { event.preventDefault(); commandList.hidden = true; }
  else if (shown.length && event.key === "Tab") { event.preventDefault(); completeCommand(box, shown[at]); }
  else if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    if (shown.length && shown[at].dataset.name !== box.value.toLowerCase()) completeCommand(box, shown[at]);
    else send(box.form);
  }
});
commandList?.addEventListener("mousedown", (event) => {
  const row = event.target.closest("[role=option]");
  if (row) { event.preventDefault(); completeCommand(commandList.parentElement.querySelector("textarea"), row); }
});

// Files dropped on the conversation, or pasted, are attached to the message being written.
const composerAt = (node) => (node.closest?.(".thread") || document.querySelector(".main"))?.querySelector(".composer");
document.addEventListener("dragover", (event) => {
  if (event.dataTransfer?.types.includes("Files") && composerAt(event.target)) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  const composer = composerAt(event.target);
  if (!composer || !event.dataTransfer?.files.length) return;
  event.preventDefault();
  Uploads.add(composer, [...event.dataTransfer.files]);
});
document.addEventListener("paste", (event) => {
  const composer = event.target.closest?.(".composer");
  if (!composer || !event.clipboardData.files.length) return;
  event.preventDefault();
  Uploads.add(composer, [...event.clipboardData.files]);
});

// Live changes

const isAtEnd = (list) => list.scrollHeight - list.scrollTop - list.clientHeight < 120;
const toEnd = (list) => { if (list) list.scrollTop = list.scrollHeight; };

// An open menu opens again in what was redrawn.
const openMenu = (scope) => pathTo(scope.querySelector(".menu:not([hidden])")?.closest(".field") || {});
const reopenMenu = (scope, path) => { if (path) scope.querySelector(path)?.querySelector(".overflow")?.click(); };

const showMessage = ({ list: id, ts, day, html: text }) => {
  const list = byId(id);
  if (!list) return;
  const fresh = html(text);
  const old = byId(`${id === "messages" ? "m" : "t"}-${ts}`);
  if (old) {
    const kept = Fields.keep(old);
    const held = old.contains(document.activeElement) ? pathTo(document.activeElement) : null;
    const menu = openMenu(old);
    const wasAtEnd = isAtEnd(list);
    old.replaceWith(fresh);
    Fields.restore(fresh, kept);
    // A message that grows at the end stays in sight, as when it came.
    if (wasAtEnd) toEnd(list);
    if (held) fresh.querySelector(held)?.focus({ preventScroll: true });
    reopenMenu(fresh, menu);
    return;
  }
  const wasAtEnd = isAtEnd(list);
  list.querySelector(".empty")?.remove();
  const days = list.querySelectorAll(".day");
  if (day && days[days.length - 1]?.textContent !== day) {
    list.append(html(`<h2 class="day"><span></span></h2>`));
    list.lastElementChild.firstElementChild.textContent = day;
  }
  list.append(fresh);
  Fields.restore(fresh, null);
  if (wasAtEnd || fresh.dataset.author === user) toEnd(list);
};

const redraw = (parts) => {
  for (const [id, text] of Object.entries(parts)) {
    const fresh = html(text);
    if (id === "sidebar") { document.querySelector("#sidebar nav").replaceWith(fresh.querySelector("nav")); continue; }
    const old = byId(id);
    const kept = Fields.keep(old);
    const held = old.contains(document.activeElement) ? pathTo(document.activeElement) : null;
    const scrolled = old.scrollTop;
    old.replaceWith(fresh);
    fresh.scrollTop = scrolled;
    Fields.restore(fresh, kept);
    if (held) fresh.querySelector(held)?.focus({ preventScroll: true });
    if (id !== "home") toEnd(fresh);
  }
};

const showLog = ({ id, html: text }) => {
  const fresh = html(text);
  const old = byId(id);
  if (old) old.querySelector("summary").replaceWith(fresh.querySelector("summary"));
  else byId("log").prepend(fresh);
};

const listen = () => {
  const query = new URLSearchParams({ user, channel, told, ...(thread ? { thread } : {}) });
  const stream = new EventSource(`/events?${query}`);
  const on = (kind, show) => stream.addEventListener(kind, ({ data }) => Press.whenOver(() => show(JSON.parse(data))));
  stream.addEventListener("open", () => { changes = -1; document.body.classList.remove("offline"); });
  stream.addEventListener("error", () => document.body.classList.add("offline"));
  on("views", showStack);
  on("redraw", redraw);
  on("message", showMessage);
  on("gone", ({ ts }) => { byId(`m-${ts}`)?.remove(); byId(`t-${ts}`)?.remove(); });
  on("log", showLog);
  window.addEventListener("pagehide", () => stream.close());
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
};

// Around it

const toggle = (panel) => {
  const isWide = matchMedia("(min-width: 1180px)").matches;
  if (panel === "inspector" && isWide) {
    const isHidden = document.body.classList.toggle("hide-inspector");
    localStorage.setItem("hide-inspector", isHidden ? "yes" : "");
  } else document.body.classList.toggle(`show-${panel}`);
};

const copy = async (text, button) => {
  await navigator.clipboard.writeText(text).catch(() => toast("The browser did not allow copying."));
  const label = button.textContent;
  button.textContent = "Copied";
  say("Copied");
  setTimeout(() => { button.textContent = label; }, 1500);
};

document.addEventListener("click", (event) => {
  const toggled = event.target.closest("[data-toggle]");
  if (toggled) toggle(toggled.dataset.toggle);
  else if (!event.target.closest("#sidebar")) document.body.classList.remove("show-sidebar");
  const copied = event.target.closest(".copy");
  if (copied) copy(copied.parentElement.querySelector("pre").textContent, copied);
  const linked = event.target.closest("[data-copy-link]");
  if (linked) copy(location.origin + linked.dataset.copyLink, linked);
});
byId("act-as").addEventListener("change", ({ target }) => {
  location.href = `/?user=${target.value}&channel=${channel.startsWith("D") ? "D" : channel}`;
});
byId("log").addEventListener("toggle", async ({ target }) => {
  const body = target.querySelector(".log-body");
  if (target.open) body.innerHTML = await (await fetch(`/ui/log/${target.id.replace("log-", "")}`)).text();
}, true);

if (localStorage.getItem("hide-inspector")) document.body.classList.add("hide-inspector");
Fields.restore(document.body, null);
toEnd(byId("messages"));
toEnd(byId("thread-messages"));
if (location.hash) byId(location.hash.slice(1))?.scrollIntoView({ block: "center" });
if (thread) document.querySelector(".thread textarea")?.focus();
listen();
post("/ui/opened", { user, channel }).catch(() => {});
