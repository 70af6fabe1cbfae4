import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import "./styles/tokens.css";
import "./styles/page.css";
import "./styles/charts.css";

const root = document.getElementById("root");
if (root === null) throw new Error("the document has no root");
createRoot(root).render(<App />);
