// The floor of `startup`: Preact, a number pad whose keys draw a dot, and a service worker that keeps them.
import { render } from "preact";
import { useState } from "preact/hooks";
import "./page.css";

const digits = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"];
const length = 6;

function Pad(): preact.JSX.Element {
  const [count, setCount] = useState(0);
  return (
    <main>
      <div class="dots">
        {Array.from({ length }, (_, index) => (
          <span key={index} class={`dot ${index < count ? "dot--full" : ""}`} />
        ))}
      </div>
      <div class="keys">
        {digits.map((digit) => (
          <button key={digit} type="button" onPointerDown={() => setCount((typed) => typed + 1)}>
            {digit}
          </button>
        ))}
      </div>
    </main>
  );
}

const root = document.getElementById("app");
if (root === null) throw new Error("the page has no #app to draw in");
render(<Pad />, root);
await navigator.serviceWorker.register("/service-worker.js");
