// The page is written in English. Gradio would take its own few words (drop zones, menus) from the browser's
// language and call the whole page by it, and a screen reader would read English as, say, German. It asks
// before its head is in place, so this runs before gradio's own scripts.
Object.defineProperty(navigator, "language", { get: () => "en" });
