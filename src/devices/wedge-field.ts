/** A field as it was before a burst of keys ran into it. */
export interface FieldSnapshot {
  restore(): void;
}

type TextField = HTMLInputElement | HTMLTextAreaElement;

/** Input types whose text can be taken back whole. */
const textTypes: ReadonlySet<string> = new Set([
  "text",
  "search",
  "tel",
  "url",
  "email",
  "password",
  "number",
  "",
]);

/** Whether keys that go to `target` become text in it. */
export function isTextField(target: EventTarget | null): target is HTMLElement {
  if (!(target instanceof HTMLElement)) return false;
  return isPlainField(target) || target.isContentEditable;
}

/** Remembers what stands in the field and where the caret is. Rich text is left alone: null. */
export function snapshotOf(target: HTMLElement): FieldSnapshot | null {
  if (!isPlainField(target)) return null;
  const { value } = target;
  const [start, end] = caretOf(target);
  return {
    restore() {
      if (target.value === value) return;
      target.value = value;
      if (start !== null && end !== null) target.setSelectionRange(start, end);
      // The screen follows its own input events; without one it would go on showing the scanned text.
      target.dispatchEvent(new Event("input", { bubbles: true }));
    },
  };
}

function isPlainField(target: HTMLElement): target is TextField {
  if (target instanceof HTMLTextAreaElement) return !target.readOnly && !target.disabled;
  return (
    target instanceof HTMLInputElement && textTypes.has(target.type) && !target.readOnly && !target.disabled
  );
}

/** Number and e-mail fields have no caret to ask for. */
function caretOf(field: TextField): readonly [number | null, number | null] {
  return [field.selectionStart, field.selectionEnd];
}
