/** Markdown: plain text as it, so that what would be markup stays what it is. */

export function prose(text: string): string {
  return text.replace(/[\\`*_<>[\]#|]/g, "\\$&");
}

/** In a table. */
export function cell(text: string): string {
  return prose(text).replace(/\s+/g, " ");
}
