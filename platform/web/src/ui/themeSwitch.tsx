import { useState } from "react";

type Theme = "light" | "dark";

function present(): Theme {
  const chosen = document.documentElement.dataset["theme"];
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Switches between light and dark, and remembers the choice. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState(present);
  const other: Theme = theme === "light" ? "dark" : "light";
  const change = () => {
    document.documentElement.dataset["theme"] = other;
    try {
      localStorage.setItem("theme", other);
    } catch {
      // no storage: the choice lasts until the page is left
    }
    setTheme(other);
  };
  return (
    <button
      type="button"
      className="quiet"
      onClick={change}
      aria-label={`Use the ${other} theme`}
      title={`Use the ${other} theme`}
    >
      <svg viewBox="0 0 20 20" aria-hidden="true" className="icon">
        {theme === "light" ? (
          <path d="M12.5 3.2a7 7 0 1 0 4.3 9.9 6 6 0 0 1-4.3-9.9z" />
        ) : (
          <path d="M10 6a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM9 1h2v3H9zM9 16h2v3H9zM1 9h3v2H1zM16 9h3v2h-3zM3 4.4 4.4 3l2.1 2.1-1.4 1.4zM13.5 14.9l1.4-1.4 2.1 2.1-1.4 1.4zM3 15.6l2.1-2.1 1.4 1.4L4.4 17zM13.5 5.1 15.6 3 17 4.4l-2.1 2.1z" />
        )}
      </svg>
    </button>
  );
}
