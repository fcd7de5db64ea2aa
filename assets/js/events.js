// Svelte wraps plain objects so that it sees changes in them, and gradio looks through every event for every
// component of the page, twice: with hundreds of both that takes seconds. An event's description never changes,
// and objects of a class are left as they are.
class Fixed {}
for (const event of window.gradio_config?.dependencies ?? []) Object.setPrototypeOf(event, Fixed.prototype);
