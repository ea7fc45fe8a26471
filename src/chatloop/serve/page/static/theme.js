// Dark or light before the first paint; without a choice the system's own.
"use strict";
try {
  const theme = JSON.parse(localStorage.getItem("chatloop.settings") || "{}").theme;
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch {
  // No storage, or somebody else's text in it: the system's choice stays.
}
